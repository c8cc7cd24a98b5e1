import { Problem } from '@sallyport/problem'

export type FetchOptions = {
  /** Bytes of the body, decompressed. One that is longer is given up as soon as it is. */
  maxBytes: number
  /** For the whole of it: connection, header and body. */
  timeoutMs?: number
  /** What is held already: the answer may be that it has not changed. */
  etag?: string | undefined
  lastModified?: string | undefined
  signal?: AbortSignal
}

/** What a server said of a document. */
export type Fetched = {
  /** Undefined: what is held has not changed. */
  readonly bytes: Buffer | undefined
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  /** How long the answer stays good (RFC 9111 §5.2.2.1), less its age. */
  readonly maxAgeSeconds: number | undefined
  /** When the answer was made, by the clock of the server; milliseconds. */
  readonly serverTime: number | undefined
}

const defaultTimeoutMs = 30_000
/** A validator is sent back as it came: no more of it is kept than anyone needs. */
const maxValidatorCharacters = 256

/**
 * Fetches a document with GET. Redirects are not followed: a publisher that moves is configured anew.
 *
 * @throws Problem `trust_source_unreachable`: no answer in time, another status than 200 and 304, or
 *   more than `maxBytes`
 */
export async function fetchDocument(url: string, options: FetchOptions): Promise<Fetched> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs)
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal])
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal,
      headers: {
        accept: 'application/json',
        'user-agent': 'sallyport',
        ...(options.etag === undefined ? {} : { 'if-none-match': options.etag }),
        ...(options.lastModified === undefined
          ? {}
          : { 'if-modified-since': options.lastModified }),
      },
    })
    return await readResponse(url, response, options)
  } catch (error) {
    if (error instanceof Problem) throw error
    throw unreachable(url, 'an answer', reasonOf(error), error)
  }
}

async function readResponse(
  url: string,
  response: Response,
  options: FetchOptions,
): Promise<Fetched> {
  const { status, headers } = response
  const isConditional = options.etag !== undefined || options.lastModified !== undefined
  const isUnchanged = status === 304 && isConditional
  if (status !== 200 && !isUnchanged) {
    await response.body?.cancel()
    const location = headers.get('location')
    const to = location === null ? '' : `, to ${location.slice(0, 200)}`
    throw unreachable(url, isConditional ? 'status 200 or 304' : 'status 200', `${status}${to}`)
  }
  return {
    bytes: isUnchanged ? undefined : await readBounded(url, response, options.maxBytes),
    etag: validator(headers.get('etag')),
    lastModified: validator(headers.get('last-modified')),
    maxAgeSeconds: maxAgeOf(headers),
    serverTime: serverTimeOf(headers),
  }
}

async function readBounded(url: string, response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the rest.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw unreachable(url, `at most ${maxBytes} bytes`, 'more')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function validator(value: string | null): string | undefined {
  return value === null || value.length > maxValidatorCharacters ? undefined : value
}

function maxAgeOf(headers: Headers): number | undefined {
  const control = headers.get('cache-control') ?? ''
  if (/(?:^|,)\s*no-(?:cache|store)\b/i.test(control)) return 0
  const stated = /(?:^|,)\s*max-age\s*=\s*"?(\d{1,10})"?\s*(?:,|$)/i.exec(control)?.[1]
  return stated === undefined ? undefined : Math.max(0, Number(stated) - ageOf(headers))
}

/** Seconds that a cache on the way has kept the answer (RFC 9111 §5.1). */
function ageOf(headers: Headers): number {
  const age = headers.get('age') ?? ''
  return /^\d{1,10}$/.test(age) ? Number(age) : 0
}

function serverTimeOf(headers: Headers): number | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? undefined : date + ageOf(headers) * 1_000
}

/** `fetch` wraps why a connection failed in a TypeError that says nothing. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'none in time'
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  const code = 'code' in cause && typeof cause.code === 'string' ? `${cause.code}: ` : ''
  return `${code}${cause.message}`
}

function unreachable(url: string, expected: string, found: string, cause?: unknown): Problem {
  return new Problem('trust_source_unreachable', {
    detail: `${url}: expected ${expected}, found ${found}`,
    expected,
    found,
    cause,
  })
}
