import { Problem } from '@sallyport/problem'
import type { Exchange } from '../exchange/exchange.ts'
import { checkedValue, type FieldBlock } from './field-block.ts'
import {
  connectionOptions,
  forbiddenInTarget,
  forbiddenInValue,
  tokenPattern,
} from './field-syntax.ts'
import { type RequestFieldRule, requestFieldRule } from './request-field-rules.ts'
import type { WebSocketRequest } from './web-socket.ts'

export type ForwardHeaders = {
  /** Flat; what the gateway says of this request alone: X-Request-Id, traceparent … */
  readonly set: readonly string[]
  /** What it says of the caller: Client-Cert, Sallyport-Device, Forwarded … */
  readonly block: FieldBlock
  /** Whether to withhold a field of the client besides those that are always withheld. */
  readonly strip: (lowerName: string) => boolean
  /** A value of the client's that was looked through already: its token, where it was verified. */
  readonly verifiedText?: string | undefined
}

/** Takes one field that goes to the service. */
type FieldSink = (rule: RequestFieldRule, value: string) => void

/**
 * The fields that go to the service before those of the block, in their order: of the client's, those
 * that are neither of this hop (RFC 9110 §7.6.1), nor claim an identity, nor stand in `headers.set`,
 * which follow.
 *
 * @throws Problem request_malformed where a name or value cannot be sent safely.
 * @returns whether the client takes trailers (`TE: trailers`).
 */
function eachField(exchange: Exchange, headers: ForwardHeaders, sink: FieldSink): boolean {
  const { rawHeaders } = exchange
  const { set, strip, verifiedText } = headers
  const replaced: string[] = []
  for (let index = 0; index < set.length; index += 2) {
    replaced.push(ruleOf(set[index] ?? '').canonical)
  }
  const named = namedByConnection(exchange)
  let takesTrailers = false
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const rule = ruleOf(rawHeaders[index] ?? '')
    const value = rawHeaders[index + 1] ?? ''
    if (rule.fate === 'te') {
      takesTrailers ||= /(?:^|,)[ \t]*trailers[ \t]*(?:$|[,;])/i.test(value)
    }
    if (rule.fate !== 'forward' || replaced.includes(rule.canonical)) continue
    if (named?.includes(rule.lower) || strip(rule.lower)) continue
    sink(rule, value === verifiedText ? value : checkedValue(rule.lower, value))
  }
  for (let index = 0; index < set.length; index += 2) {
    const rule = ruleOf(set[index] ?? '')
    sink(rule, checkedValue(rule.lower, set[index + 1] ?? ''))
  }
  return takesTrailers
}

// Almost every Connection field says keep-alive or close, and names nothing.
function namedByConnection(exchange: Exchange): string[] | undefined {
  if (exchange.httpVersion === '2') return undefined
  const value = exchange.header('connection')
  if (value === undefined || value === 'keep-alive' || value === 'close') return undefined
  return connectionOptions(value)
}

function ruleOf(name: string): RequestFieldRule {
  const rule = requestFieldRule(name)
  if (rule !== undefined) return rule
  throw new Problem('request_malformed', {
    detail: 'A field name of the request is not a token.',
    expected: 'a token (RFC 9110 §5.6.2)',
    found: JSON.stringify(name.slice(0, 100)),
  })
}

export type RequestHeadOptions = {
  /** What to call the service where the client named no host. */
  fallbackAuthority: string
  /** Where the connection is to change its protocol. HTTP/1 only. */
  upgrade?: WebSocketRequest | undefined
}

/** The head of the request in HTTP/1.1, with its framing written anew (RFC 9112 §6). */
export function http1RequestHead(
  exchange: Exchange,
  headers: ForwardHeaders,
  options: RequestHeadOptions,
): string {
  const { upgrade } = options
  // An extended CONNECT (RFC 8441 §4) is what GET is to HTTP/1.
  const method = upgrade?.key === undefined ? exchange.method : 'GET'
  checkRequestLine(method, exchange.target)
  checkTransferEncoding(exchange)
  const authority = exchange.authority ?? options.fallbackAuthority
  let head = `${method} ${exchange.target} HTTP/1.1\r\nHost: ${checkedAuthority(authority)}\r\n`
  const said = upgrade?.key === undefined ? headers : withKey(headers, upgrade.key)
  const takesTrailers = eachField(exchange, said, (rule, value) => {
    head += rule.line + value + '\r\n'
  })
  head += headers.block.text
  if (upgrade !== undefined) {
    return `${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
  }
  if (takesTrailers) head += 'TE: trailers\r\nConnection: TE\r\n'
  if (exchange.expectsContinue) head += 'Expect: 100-continue\r\n'
  return head + framing(exchange) + '\r\n'
}

function withKey(headers: ForwardHeaders, key: string): ForwardHeaders {
  return { ...headers, set: [...headers.set, 'Sec-WebSocket-Key', key] }
}

function framing(exchange: Exchange): string {
  const length = exchange.contentLength
  if (length === undefined) return 'Transfer-Encoding: chunked\r\n'
  if (length > 0) return `Content-Length: ${length}\r\n`
  // RFC 9110 §8.6: methods that anticipate content say that there is none.
  return anticipatesContent(exchange.method) ? 'Content-Length: 0\r\n' : ''
}

function anticipatesContent(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}

/** The head of the request in HTTP/2, as node:http2 takes it: flat, pseudo-headers first. */
export function http2RequestHead(
  exchange: Exchange,
  headers: ForwardHeaders,
  options: RequestHeadOptions & { scheme: 'http' | 'https' },
): string[] {
  checkRequestLine(exchange.method, exchange.target)
  checkTransferEncoding(exchange)
  const list = [
    ':method',
    exchange.method,
    ':scheme',
    options.scheme,
    ':authority',
    checkedAuthority(exchange.authority ?? options.fallbackAuthority),
    ':path',
    exchange.target,
  ]
  const takesTrailers = eachField(exchange, headers, (rule, value) => {
    list.push(rule.lower, value)
  })
  for (const part of headers.block.lower) list.push(part)
  if (takesTrailers) list.push('te', 'trailers')
  if (exchange.expectsContinue) list.push('expect', '100-continue')
  const length = exchange.contentLength
  if (length !== undefined && (length > 0 || anticipatesContent(exchange.method))) {
    list.push('content-length', String(length))
  }
  return list
}

// llhttp takes any codings that end in chunked, in HTTP/1.0 too, where they are faulty framing. We undo
// chunked alone, and a service that is told of no other would take coded content for content
// (RFC 9112 §6.1).
function checkTransferEncoding(exchange: Exchange): void {
  if (exchange.contentLength !== undefined || exchange.httpVersion === '2') return
  const coding = exchange.header('transfer-encoding')
  if (coding?.toLowerCase() === 'chunked' && exchange.httpVersion === '1.1') return
  throw new Problem('request_malformed', {
    detail: 'The transfer coding of the request is not supported.',
    expected: 'chunked, in HTTP/1.1',
    found: JSON.stringify(coding?.slice(0, 100)),
  })
}

function checkRequestLine(method: string, target: string): void {
  if (!tokenPattern.test(method)) {
    throw new Problem('request_malformed', {
      detail: 'The method of the request is not a token.',
      found: JSON.stringify(method.slice(0, 40)),
    })
  }
  if (target !== '' && !forbiddenInTarget.test(target)) return
  throw new Problem('request_target_invalid', {
    detail: 'The target of the request cannot be sent to the service.',
    found: JSON.stringify(target.slice(0, 200)),
  })
}

function checkedAuthority(authority: string): string {
  if (authority !== '' && !forbiddenInAuthority.test(authority)) return authority
  throw new Problem('request_malformed', {
    detail: 'The host of the request is not a host.',
    found: JSON.stringify(authority.slice(0, 200)),
  })
}

const forbiddenInAuthority = /[^\x21-\x7e]|[/?#@,\\]/

/**
 * The trailers of the request that go to the service: the rules of its header section hold, or a
 * trailer would smuggle in what a field may not say (RFC 9110 §6.5.1).
 */
export function requestTrailers(trailers: readonly string[], headers: ForwardHeaders): string[] {
  const kept: string[] = []
  for (let index = 0; index < trailers.length; index += 2) {
    const rule = requestFieldRule(trailers[index] ?? '')
    const value = trailers[index + 1] ?? ''
    if (rule === undefined || rule.fate !== 'forward' || forbiddenInValue.test(value)) continue
    if (isSet(headers, rule.canonical) || headers.strip(rule.lower)) continue
    if (!forbiddenTrailers.has(rule.canonical)) kept.push(rule.lower, value)
  }
  return kept
}

function isSet(headers: ForwardHeaders, canonical: string): boolean {
  for (let index = 0; index < headers.set.length; index += 2) {
    if (ruleOf(headers.set[index] ?? '').canonical === canonical) return true
  }
  return false
}

const forbiddenTrailers = new Set([
  'authorization',
  'content-encoding',
  'content-range',
  'content-type',
  'cookie',
  'trailer',
])
