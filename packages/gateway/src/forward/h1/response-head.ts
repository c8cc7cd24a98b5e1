import { Problem } from '@sallyport/problem'
import { connectionOptions } from '../field-syntax.ts'
import {
  isTrailerAllowed,
  type ResponseFieldRule,
  responseFieldRule,
} from '../response-field-rules.ts'
import { responseLimits } from './response-limits.ts'

/** How the end of the content is found (RFC 9112 §6.3). */
export type ResponseFraming = 'none' | 'length' | 'chunked' | 'close'

export type ResponseHead = {
  readonly status: number
  /** Flat; without the fields of this hop. Content-Length, where there is one, stands last. */
  readonly fields: string[]
  readonly framing: ResponseFraming
  /** In bytes, where framing is `length`. */
  readonly contentLength: number
  /** Whether the connection outlives this answer. */
  readonly keepAlive: boolean
  /** Seconds that the service keeps the connection, where it says so. */
  readonly keepAliveSeconds: number | undefined
}

export type ResponseContext = {
  /** The answer to HEAD has no content, whatever its fields say. */
  isHead: boolean
  /** Whether the request asked for another protocol, so that 101 is an answer to it. */
  upgrades: boolean
}

/**
 * Reads a status line and header section strictly (RFC 9112 §4, §5): no obs-fold, no bare CR or LF,
 * no NUL, no space before a colon, and no message whose length could be read in two ways.
 *
 * @param text latin1, from the first character to the empty line, the empty line's CRLF included.
 * @throws Problem upstream_response_invalid
 */
export function parseResponseHead(text: string, context: ResponseContext): ResponseHead {
  if (forbiddenInHead.test(text)) throw invalid('the head', 'CRLF line ends and no controls', text)
  const lineEnd = text.indexOf('\r\n')
  const status = parseStatusLine(text, lineEnd)
  const isHttp11 = text.charCodeAt(7) === digitOne
  const fields: string[] = []
  let connection: string | undefined
  let contentLength = -1
  let lengthRule: ResponseFieldRule | undefined
  let transferEncoding: string | undefined
  let keepAlive: string | undefined
  let upgrade: string | undefined
  let trailerRule: ResponseFieldRule | undefined
  let trailer = ''
  let count = 0
  let position = lineEnd + 2
  const end = text.length - 2
  while (position < end) {
    const next = text.indexOf('\r\n', position)
    const rule = fieldNameAt(text, position, next)
    const value = fieldValue(text, position + rule.name.length + 1, next)
    position = next + 2
    if (++count > responseLimits.fields) {
      throw invalid('the header section', `at most ${responseLimits.fields} fields`, `${count}`)
    }
    switch (rule.fate) {
      case 'forward':
        fields.push(rule.name, value)
        break
      case 'contentLength':
        if (contentLength !== -1) throw invalid('Content-Length', 'one field', 'two')
        contentLength = parseContentLength(value)
        lengthRule = rule
        break
      case 'transferEncoding':
        if (transferEncoding !== undefined) throw invalid('Transfer-Encoding', 'one field', 'two')
        transferEncoding = value
        break
      case 'connection':
        connection = connection === undefined ? value : `${connection},${value}`
        break
      case 'keepAlive':
        keepAlive = value
        break
      case 'upgrade':
        upgrade = value
        break
      case 'trailer':
        trailerRule = rule
        trailer = trailer === '' ? value : `${trailer}, ${value}`
        break
      case 'drop':
        break
    }
  }
  if (transferEncoding !== undefined) {
    checkTransferEncoding(transferEncoding, contentLength !== -1, isHttp11)
  }
  if (status === 101) checkUpgrade(upgrade, context)
  const framing = framingOf(status, context, transferEncoding !== undefined, contentLength)
  let isKept = isHttp11
  if (connection !== undefined) isKept = applyConnection(connection, isHttp11, fields)
  if (framing === 'chunked' && trailerRule !== undefined) fields.push(trailerRule.name, trailer)
  // Last, because node:http treats the fields behind it in another way (Content-Disposition).
  if (lengthRule !== undefined && status !== 204 && status >= 200) {
    fields.push(lengthRule.name, String(contentLength))
  }
  return {
    status,
    fields,
    framing,
    contentLength,
    keepAlive: isKept && framing !== 'close',
    keepAliveSeconds: keepAlive === undefined ? undefined : timeoutOf(keepAlive),
  }
}

// Any control but HTAB, CR not before LF, LF not behind CR, and a line that begins with a space or
// a tab (obs-fold, RFC 9112 §5.2).
const forbiddenInHead = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n|\n[ \t]/

const digitOne = 0x31

/** `HTTP/1.x SP 3DIGIT [SP reason]`. The reason phrase is read over: it has no meaning. */
function parseStatusLine(text: string, lineEnd: number): number {
  const line = text.slice(0, lineEnd)
  const found = /^HTTP\/1\.[01] ([1-5][0-9][0-9])(?: |$)/.exec(line)
  if (found === null) throw invalid('the status line', 'HTTP/1.0 or HTTP/1.1 and a status', line)
  return Number(found[1])
}

function fieldNameAt(text: string, start: number, end: number): ResponseFieldRule {
  const colon = text.indexOf(':', start)
  const rule =
    colon === -1 || colon >= end ? undefined : responseFieldRule(text.slice(start, colon))
  if (rule === undefined) {
    throw invalid('a header field', 'a token and a colon', text.slice(start, end))
  }
  return rule
}

function fieldValue(text: string, start: number, end: number): string {
  let first = start
  let last = end
  while (first < last && isBlank(text.charCodeAt(first))) first++
  while (last > first && isBlank(text.charCodeAt(last - 1))) last--
  return text.slice(first, last)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function parseContentLength(value: string): number {
  // RFC 9112 §6.3 lets a list of equal numbers pass. What sends one is broken: it is refused.
  const length = /^[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN
  if (Number.isSafeInteger(length)) return length
  throw invalid('Content-Length', 'one decimal number', value)
}

function checkTransferEncoding(value: string, hasLength: boolean, isHttp11: boolean): void {
  if (value.toLowerCase() !== 'chunked') throw invalid('Transfer-Encoding', 'chunked', value)
  // RFC 9112 §6.3: a message with both is an attempt at smuggling, or a broken service.
  if (hasLength) throw invalid('the framing', 'one of Content-Length and Transfer-Encoding', 'both')
  // RFC 9112 §6.1: in HTTP/1.0 it is to be treated as faulty framing.
  if (!isHttp11) throw invalid('Transfer-Encoding', 'none in HTTP/1.0', value)
}

function framingOf(
  status: number,
  context: ResponseContext,
  isChunked: boolean,
  contentLength: number,
): ResponseFraming {
  if (context.isHead || status === 204 || status === 304 || status < 200) return 'none'
  if (isChunked) return 'chunked'
  return contentLength === -1 ? 'close' : 'length'
}

// Takes the fields that Connection names out of the list (RFC 9110 §7.6.1).
function applyConnection(value: string, isHttp11: boolean, fields: string[]): boolean {
  const options = connectionOptions(value)
  for (let index = fields.length - 2; index >= 0; index -= 2) {
    if (options.includes((fields[index] ?? '').toLowerCase())) fields.splice(index, 2)
  }
  if (options.includes('close')) return false
  return isHttp11 || options.includes('keep-alive')
}

function timeoutOf(keepAlive: string): number | undefined {
  const found = /(?:^|[,;\s])timeout=([0-9]{1,6})(?:$|[,;\s])/i.exec(keepAlive)
  return found === null ? undefined : Number(found[1])
}

function checkUpgrade(upgrade: string | undefined, context: ResponseContext): void {
  if (!context.upgrades) throw invalid('the status', 'no 101, which was not asked for', '101')
  if (upgrade?.toLowerCase() !== 'websocket') {
    throw invalid('Upgrade', 'websocket, which was asked for', upgrade ?? 'none')
  }
}

/**
 * Reads a trailer section, by the same rules as a header section.
 *
 * @param text latin1, field lines each with its CRLF, without the empty line.
 */
export function parseTrailers(text: string): string[] {
  if (text === '') return []
  if (forbiddenInHead.test(text) || isBlank(text.charCodeAt(0))) {
    throw invalid('the trailer section', 'CRLF line ends and no controls', text)
  }
  const trailers: string[] = []
  let count = 0
  for (let position = 0; position < text.length; ) {
    const next = text.indexOf('\r\n', position)
    const rule = fieldNameAt(text, position, next)
    const value = fieldValue(text, position + rule.name.length + 1, next)
    position = next + 2
    if (++count > responseLimits.fields) {
      throw invalid('the trailer section', `at most ${responseLimits.fields} fields`, `${count}`)
    }
    if (isTrailerAllowed(rule)) trailers.push(rule.name, value)
  }
  return trailers
}

export function invalid(what: string, expected: string, found: string): Problem {
  return new Problem('upstream_response_invalid', {
    detail: `The service sent an answer that is not valid HTTP/1.1: ${what}.`,
    expected,
    found: JSON.stringify(found.slice(0, 200)),
  })
}
