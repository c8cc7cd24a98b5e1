import type { Claim, Claims } from '@sallyport/attestation'
import { printable } from '../terminal/printable.ts'

/** Everything that was parsed, a line for each value, indented by its depth. Names as in JSON. */
export function claimsText(claims: Claims): string {
  return memberLines(claims, '').join('\n')
}

function memberLines(members: { readonly [name: string]: Claim }, indent: string): string[] {
  const plain = Object.entries(members).filter(([, value]) => isPlain(value))
  const width = Math.max(0, ...plain.map(([name]) => name.length))
  return Object.entries(members).flatMap(([name, value]) => {
    const heading = `${indent}${printable(name)}`
    if (isPlain(value)) return [`${indent}${printable(name).padEnd(width)}  ${plainText(value)}`]
    if (Array.isArray(value))
      return [heading, ...itemLines(value as readonly Claim[], `${indent}  `)]
    return [heading, ...memberLines(value as { readonly [name: string]: Claim }, `${indent}  `)]
  })
}

/** Each item of a list begins with a dash; what belongs to it stands below. */
function itemLines(items: readonly Claim[], indent: string): string[] {
  return items.flatMap((item) => {
    if (isPlain(item)) return [`${indent}- ${plainText(item)}`]
    const members = Array.isArray(item) ? Object.fromEntries(item.entries()) : item
    const [first = '', ...rest] = memberLines(members as Claims, `${indent}  `)
    return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest]
  })
}

/** A value, or a list of values that fits on a line. */
function isPlain(value: Claim): boolean {
  if (Array.isArray(value)) {
    return value.every((item: Claim) => typeof item !== 'object') && value.join(', ').length < 100
  }
  return typeof value !== 'object' || value === null
}

function plainText(value: Claim): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : printable(value.join(', '))
  return printable(value as string | number | boolean | null)
}
