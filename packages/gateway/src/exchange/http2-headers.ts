import type { OutgoingHttpHeaders } from 'node:http2'

/**
 * A flat list as node:http2 takes it for a response: `:status` first, names in lower case.
 * Connection-specific fields do not exist in HTTP/2 (RFC 9113 §8.2.2) and are left out.
 */
export function http2Headers(status: number, headers: readonly string[]): string[] {
  const list = [':status', String(status)]
  appendHttp2Headers(list, headers)
  return list
}

export function appendHttp2Headers(list: string[], headers: readonly string[]): void {
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? '').toLowerCase()
    const value = headers[index + 1] ?? ''
    if (connectionFields.has(name)) continue
    const repetition = repetitions.get(name)
    const earlier = repetition === undefined ? -1 : indexOfName(list, name)
    if (earlier === -1) list.push(name, value)
    else if (repetition === 'join') list[earlier + 1] = `${list[earlier + 1]}, ${value}`
  }
}

/** The same for trailers and interim answers, which node takes as an object only. */
export function http2Trailers(trailers: readonly string[]): OutgoingHttpHeaders {
  const list: string[] = []
  appendHttp2Headers(list, trailers)
  const fields: Record<string, string[]> = Object.create(null)
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] ?? ''
    if (name.startsWith(':')) continue
    const values = fields[name]
    if (values === undefined) fields[name] = [list[index + 1] ?? '']
    else values.push(list[index + 1] ?? '')
  }
  return fields
}

function indexOfName(list: readonly string[], name: string): number {
  for (let index = 0; index < list.length; index += 2) if (list[index] === name) return index
  return -1
}

const connectionFields = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

// node:http2 throws where one of these stands twice. A list becomes one field, of the others the
// first counts, as it does for the clients of HTTP/1.
const repetitions = new Map<string, 'join' | 'first'>([
  ['access-control-allow-credentials', 'first'],
  ['access-control-max-age', 'first'],
  ['access-control-request-method', 'first'],
  ['age', 'first'],
  ['authorization', 'first'],
  ['content-encoding', 'join'],
  ['content-language', 'join'],
  ['content-length', 'first'],
  ['content-location', 'first'],
  ['content-md5', 'first'],
  ['content-range', 'first'],
  ['content-type', 'first'],
  ['date', 'first'],
  ['dnt', 'first'],
  ['etag', 'first'],
  ['expires', 'first'],
  ['from', 'first'],
  ['host', 'first'],
  ['if-match', 'join'],
  ['if-modified-since', 'first'],
  ['if-none-match', 'join'],
  ['if-range', 'first'],
  ['if-unmodified-since', 'first'],
  ['last-modified', 'first'],
  ['location', 'first'],
  ['max-forwards', 'first'],
  ['range', 'first'],
  ['referer', 'first'],
  ['retry-after', 'first'],
  ['tk', 'first'],
  ['upgrade-insecure-requests', 'first'],
  ['user-agent', 'first'],
  ['x-content-type-options', 'first'],
])
