import type { IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { buffer } from 'node:stream/consumers'
import {
  type AddressPolicy,
  checkedLookup,
  refuseAddressOf,
  type ResolveName,
} from './address-policy.ts'

// Imported, it would bring all of undici with it, in every thread that asks a provider (nodejs/node#59686).
const http = process.getBuiltinModule('node:http')

export type OutgoingRequest = {
  readonly url: URL
  /** Ends name resolution, connection, answer and its body alike. */
  readonly signal: AbortSignal
  readonly maxBytes: number
  readonly accept: string
  /** With it the request is a POST. */
  readonly form?: URLSearchParams
  /** JSON text, in place of a form: the request is a POST as well. */
  readonly json?: string
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>
  readonly authorization?: string | undefined
  /** The statuses of answers whose body is wanted. Default: 200 alone. */
  readonly statuses?: readonly number[]
  /** The answer is its status, whichever: of its body nothing is kept, and no more than `maxBytes` read. */
  readonly statusAlone?: boolean
}

export type OutgoingAnswer = {
  readonly status: number
  readonly bytes: Uint8Array
  /** Milliseconds: what the clock of the server showed, to the second. Undefined where it does not tell. */
  readonly serverTime: number | undefined
  /** As the server has it (RFC 9110 §10.2.3). */
  readonly retryAfter: string | undefined
}

/**
 * Asks a provider, and has the bytes of its answer. Any other status is a failure, a redirect too: where
 * it leads nobody configured.
 *
 * @throws Error that says what happened, and holds nothing of the request
 */
export type OutgoingClient = (request: OutgoingRequest) => Promise<OutgoingAnswer>

export type OutgoingClientOptions = {
  readonly addresses: AddressPolicy
  /** PEM: certificates of CAs in place of those of the system, and a client certificate with its key. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }
  /** Default: as the system resolves. */
  readonly resolveName?: ResolveName | undefined
}

/** So long is waited for the end of a body that nobody reads. */
const passMs = 1_000

/** Connections are kept for the next request, and few of them, as one provider is asked over them. */
const agentOptions = { keepAlive: true, maxSockets: 32, maxFreeSockets: 4, timeout: 15_000 }

export function createOutgoingClient(options: OutgoingClientOptions): OutgoingClient {
  const { addresses, tls = {}, resolveName } = options
  const plainAgent = new http.Agent(agentOptions)
  const tlsAgent = new HttpsAgent({ ...agentOptions, ...tls, minVersion: 'TLSv1.2' })

  return async (asked) => {
    const { url, signal, maxBytes } = asked
    refuseAddressOf(addresses, url)
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const isSecure = url.protocol === 'https:'
    const body = asked.json ?? asked.form?.toString()
    const request = (isSecure ? requestHttps : http.request)(url, {
      agent: isSecure ? tlsAgent : plainAgent,
      method: body === undefined ? 'GET' : 'POST',
      headers: headersOf(asked, body),
      lookup: checkedLookup(addresses, url, resolveName),
      signal,
    })
    request.on('response', resolve).on('error', reject)
    // An answer of 101 is told by neither of them: without this it would be waited for forever.
    request.on('close', () => reject(new Error('the connection ended without an answer')))
    request.end(body)
    try {
      const response = await promise
      const facts = {
        serverTime: timeOf(response),
        retryAfter: response.headers['retry-after'],
      }
      if (asked.statusAlone === true) {
        await passBody(response, maxBytes)
        return { status: response.statusCode ?? 0, bytes: new Uint8Array(), ...facts }
      }
      const status = statusOf(response, asked.statuses ?? [200])
      return { status, bytes: await readBody(response, maxBytes), ...facts }
    } catch (error) {
      request.destroy()
      throw signal.aborted ? new Error('no answer in time: timeout', { cause: error }) : error
    }
  }
}

function headersOf(
  { accept, authorization, json, headers }: OutgoingRequest,
  body: string | undefined,
) {
  return {
    ...headers,
    accept,
    // What is compressed has no bound until it is not.
    'accept-encoding': 'identity',
    'user-agent': 'sallyport',
    ...(authorization === undefined ? {} : { authorization }),
    ...(body === undefined
      ? {}
      : {
          'content-type':
            json === undefined ? 'application/x-www-form-urlencoded' : 'application/json',
          'content-length': Buffer.byteLength(body),
        }),
  }
}

function statusOf({ statusCode = 0 }: IncomingMessage, wanted: readonly number[]): number {
  if (wanted.includes(statusCode)) return statusCode
  const isRedirect = statusCode >= 300 && statusCode < 400
  throw new Error(`HTTP status ${statusCode}${isRedirect ? ': a redirect' : ''}`)
}

/** What a cache between holds has the `Date` of when it was made, and its `Age` beside it (RFC 9111 §5.1). */
function timeOf({ headers: { date, age = '0' } }: IncomingMessage): number | undefined {
  const made = Date.parse(date ?? '')
  const heldSeconds = Number(age)
  return Number.isFinite(made) && heldSeconds >= 0 ? made + heldSeconds * 1_000 : undefined
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const encoding = response.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw new Error(`content-encoding ${encoding.slice(0, 20)}`)
  let length = 0
  response.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > maxBytes) response.destroy(new RangeError(`more than ${maxBytes} bytes`))
  })
  return buffer(response)
}

/** A short body is read, so that its connection can be used again; one that is long, or slow, ends it. */
async function passBody(response: IncomingMessage, maxBytes: number): Promise<void> {
  let length = 0
  response.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > maxBytes) response.destroy()
  })
  // The status is the answer: how the body ends changes nothing of it.
  response.on('error', () => response.destroy())
  const impatience = setTimeout(() => response.destroy(), passMs)
  await new Promise((resolve) => response.once('close', resolve))
  clearTimeout(impatience)
}
