import type { RequestHead } from '../exchange/request-head.ts'

const forms = /^application\/x-www-form-urlencoded$/
const jsons = /^(?:application\/(?:[a-z0-9.!#$&^_-]+\+)?json|text\/(?:json|plain))$/
/** In all of them ASCII is ASCII: in UTF-16, or EBCDIC, another text stands in the same bytes. */
const encodings = /^charset[\t ]*=[\t ]*"?(?:utf-?8|us-ascii)"?$/

/**
 * What the content of a request is, as the service will read it: a text that is JSON may be a form as well
 * (`{"a":"&name=…&"}`), and a form the preamble of a multipart body. JSON is often sent without a type.
 *
 * @returns undefined where it is something else, compressed, or said in two ways
 */
export function contentTypeOf(
  exchange: Pick<RequestHead, 'header' | 'headerCount'>,
): 'json' | 'form' | undefined {
  const coding = exchange.header('content-encoding')
  if (coding !== undefined && coding.toLowerCase() !== 'identity') return undefined
  if (exchange.headerCount('content-type') > 1) return undefined
  const [type = '', ...parameters] = (exchange.header('content-type') ?? 'application/json')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  if (parameters.some((part) => part.includes('charset') && !encodings.test(part))) return undefined
  if (forms.test(type)) return 'form'
  return jsons.test(type) ? 'json' : undefined
}
