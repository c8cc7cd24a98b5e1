import { problemContentType } from '@sallyport/problem'
import { type ReadBody, readBody } from './response-body.ts'
import { parseRetryAfter } from './retry.ts'
import { errorFromProblem, type SallyportError } from './sallyport-error.ts'
import type { ServerClock } from './server-clock.ts'
import type { TransportResponse } from './transport.ts'

/** No problem body of ours is longer. */
const maximumProblemBytes = 65_536

/**
 * Looks whether an answer is a refusal by Sallyport. If not, the answer comes back with its body as it
 * was: it is the service's. A service that imitates our bodies gains one renewal of the certificate.
 */
export async function readRefusal(
  response: TransportResponse,
  clock: ServerClock,
): Promise<{ refusal: SallyportError } | { response: TransportResponse }> {
  const type = headerOf(response, 'content-type') ?? ''
  if (response.status < 400 || !type.toLowerCase().startsWith(problemContentType)) {
    return { response }
  }
  const read = await readBody(response.body, maximumProblemBytes)
  const refusal = read.isWhole ? refusalOf(response, read, clock) : undefined
  if (refusal !== undefined) return { refusal }
  return { response: { ...response, body: read.isWhole ? read.bytes : read.stream } }
}

function refusalOf(response: TransportResponse, read: ReadBody, clock: ServerClock) {
  if (!read.isWhole) return undefined
  const retryAfter = parseRetryAfter(headerOf(response, 'retry-after'), clock.now())
  return errorFromProblem(response.status, parseJson(read.bytes), retryAfter)
}

/** The value of a header by its lower-case name: the first. */
export function headerOf(response: TransportResponse, name: string): string | undefined {
  return response.headers.find(([header]) => header.toLowerCase() === name)?.[1]
}

/** JSON in UTF-8, or undefined. */
export function parseJson(bytes: TransportResponse['body']): unknown {
  if (!(bytes instanceof Uint8Array)) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
  } catch {
    return undefined
  }
}
