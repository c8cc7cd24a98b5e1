import { forbiddenInValue } from '../field-syntax.ts'
import { isTrailerAllowed, responseFieldRule } from '../response-field-rules.ts'

/**
 * The fields of an answer in HTTP/2, without pseudo-headers. nghttp2 has refused fields of one connection
 * (RFC 9113 §8.2.2) and characters that no field may hold; what it lets pass is dropped here.
 * Content-Length, where there is one, stands last: see `parseResponseHead`.
 */
export function http2ResponseFields(raw: readonly string[]): string[] {
  const fields: string[] = []
  let contentLength: string | undefined
  for (let index = 0; index < raw.length; index += 2) {
    const rule = responseFieldRule(raw[index] ?? '')
    const value = raw[index + 1] ?? ''
    if (rule === undefined || forbiddenInValue.test(value)) continue
    if (rule.fate === 'contentLength') contentLength = value
    else if (rule.fate === 'forward' || rule.fate === 'trailer') fields.push(rule.name, value)
  }
  if (contentLength !== undefined) fields.push('content-length', contentLength)
  return fields
}

export function http2ResponseTrailers(raw: readonly string[]): string[] {
  const trailers: string[] = []
  for (let index = 0; index < raw.length; index += 2) {
    const rule = responseFieldRule(raw[index] ?? '')
    const value = raw[index + 1] ?? ''
    if (rule === undefined || !isTrailerAllowed(rule) || forbiddenInValue.test(value)) continue
    trailers.push(rule.name, value)
  }
  return trailers
}
