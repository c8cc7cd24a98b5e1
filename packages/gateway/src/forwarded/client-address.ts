import { canonicalAddress, parseAddress } from '../addresses/network.ts'
import type { NetworkTree } from '../addresses/network-tree.ts'
import { splitUnquoted } from './split-unquoted.ts'

/** Where a proxy says the address of its client. */
export const addressFields = ['x-forwarded-for', 'forwarded'] as const
export type AddressField = (typeof addressFields)[number]

export type ClientAddress =
  | { readonly state: 'read'; readonly address: string }
  | { readonly state: 'refused'; readonly found: string }

const maxCharacters = 4_096
const maxEntries = 64

/**
 * The client of a chain of proxies: from the right, which is what the nearest one wrote, the first
 * address that is none of the trusted ones. What stands left of it anyone may have written. Where
 * all are trusted it is the leftmost.
 *
 * @param value the field, several joined by commas
 * @param trusted networks of further proxies, in front of the one that dialled us
 */
export function readClientAddress(
  field: AddressField,
  value: string | undefined,
  trusted: NetworkTree | undefined,
): ClientAddress {
  if (value === undefined || value.length > maxCharacters) {
    return refused(value === undefined ? `no ${field}` : `${value.length} characters`)
  }
  const entries = field === 'forwarded' ? forwardedEntries(value) : value.split(',')
  if (entries === undefined || entries.length > maxEntries) return refused(value.slice(0, 200))
  let address: string | undefined
  for (let index = entries.length - 1; index >= 0; index--) {
    address = withoutPort((entries[index] ?? '').trim())
    const words = address === undefined ? undefined : parseAddress(address)
    if (address === undefined || words === undefined) {
      return refused(JSON.stringify(entries[index]?.slice(0, 100)))
    }
    if (trusted === undefined || trusted.valueFor(words) === 0) break
  }
  const canonical = address === undefined ? undefined : canonicalAddress(address)
  return canonical === undefined ? refused('no entry') : { state: 'read', address: canonical }
}

// Azure's gateways write a port behind the address; RFC 7239 §6 brackets addresses of IPv6.
const withPort = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::\d{1,5})?$/

function withoutPort(text: string): string | undefined {
  const match = withPort.exec(text)
  if (match !== null) return match[1] ?? match[2]
  return text.includes('%') ? undefined : text
}

const pairPattern =
  /^[\t ]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[^"\\]|\\.)*")[\t ]*$/

/** The `for` of each element of Forwarded (RFC 7239 §4); undefined where it is not well formed. */
function forwardedEntries(value: string): string[] | undefined {
  const entries: string[] = []
  for (const element of splitUnquoted(value, ',')) {
    let node: string | undefined
    for (const pair of splitUnquoted(element, ';')) {
      const match = pairPattern.exec(pair)
      if (match === null) return undefined
      if (match[1]?.toLowerCase() !== 'for') continue
      // Each parameter once (RFC 7239 §4).
      if (node !== undefined) return undefined
      const text = match[2] ?? ''
      node = text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text
    }
    if (node === undefined) return undefined
    entries.push(node)
  }
  return entries
}

function refused(found: string): ClientAddress {
  return { state: 'refused', found }
}
