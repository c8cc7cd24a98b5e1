import { Problem } from '@sallyport/problem'
import { forbiddenInValue } from './field-syntax.ts'
import { requestFieldRule } from './request-field-rules.ts'

/**
 * Fields that the gateway says of many requests in the same words: looked through once, and sent as
 * one text. A certificate and its chain are kilobytes.
 */
export type FieldBlock = {
  /** Flat: names as HTTP/1 writes them, and values. */
  readonly fields: readonly string[]
  /** Each field as a line with its CRLF. */
  readonly text: string
  /** Flat, names in lower case. */
  readonly lower: readonly string[]
}

export const emptyBlock: FieldBlock = { fields: [], text: '', lower: [] }

/**
 * @param fields flat; names that no client can say, so that nothing of the client's is to be replaced
 * @throws TypeError where what the client says by such a name would be forwarded
 * @throws Problem request_malformed where a value cannot be sent safely
 */
export function fieldBlock(fields: readonly string[]): FieldBlock {
  let text = ''
  const lower: string[] = []
  for (let index = 0; index < fields.length; index += 2) {
    const rule = requestFieldRule(fields[index] ?? '')
    if (rule?.fate !== 'drop') throw new TypeError(`${fields[index]} is for clients to say too`)
    const value = checkedValue(rule.lower, fields[index + 1] ?? '')
    text += `${rule.line}${value}\r\n`
    lower.push(rule.lower, value)
  }
  // In one piece: joined text stays a tree of its parts, which each request would walk again.
  return { fields, text: Buffer.from(text, 'latin1').toString('latin1'), lower }
}

/** @throws Problem request_malformed */
export function checkedValue(lowerName: string, value: string): string {
  if (!forbiddenInValue.test(value)) return value
  throw new Problem('request_malformed', {
    detail: `The value of ${lowerName} holds a character that no field value may hold.`,
    expected: 'visible characters, space and tab',
    found: JSON.stringify(value.slice(0, 100)),
  })
}
