import type { TransportBody } from './transport.ts'

/** As `RequestInit` of fetch, as far as it means something here. */
export type DeviceRequestInit = {
  readonly method?: string
  readonly headers?: ConstructorParameters<typeof Headers>[0]
  /** Everything but a stream is held in memory, so that the request can be sent again. */
  readonly body?: ConstructorParameters<typeof Response>[0]
  readonly signal?: AbortSignal | null
  /** How long the head of the answer may take. Default as given to the client. */
  readonly timeoutMs?: number
}

export type GatewayRequest = {
  readonly url: string
  readonly method: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: TransportBody | undefined
  readonly signal: AbortSignal | undefined
  /** Whether the body can be sent a second time. */
  readonly isReplayable: boolean
  /** RFC 9110 §9.2.2: sending it twice means the same as once. */
  readonly isIdempotent: boolean
}

/** What the transport alone decides about: dropped, as fetch drops forbidden header names. */
const transportHeaders = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/**
 * Reads the arguments of fetch. Throws TypeError for what fetch would refuse, and for a URL of another
 * origin than the gateway's: the certificate of the device is shown to nobody else.
 */
export async function readGatewayRequest(
  gateway: URL,
  input: string | URL,
  init: DeviceRequestInit,
): Promise<GatewayRequest> {
  const url = new URL(input, gateway)
  if (url.origin !== gateway.origin) {
    throw new TypeError(`fetch goes to ${gateway.origin} alone, not to ${url.origin}`)
  }
  const stream = streamIn(init.body)
  const request = new Request(url, {
    ...(init.method === undefined ? {} : { method: init.method }),
    ...(init.headers === undefined ? {} : { headers: init.headers }),
    ...(init.body === undefined || stream !== undefined ? {} : { body: init.body }),
  })
  const bytes = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
  const method = request.method
  return {
    url: url.origin + url.pathname + url.search,
    method,
    headers: [...request.headers].filter(([name]) => !transportHeaders.has(name)),
    body: stream ?? bytes,
    signal: init.signal ?? undefined,
    isReplayable: stream === undefined,
    isIdempotent: idempotentMethods.has(method),
  }
}

/** Not every JavaScript engine of a phone has streams: then no body is one. */
function streamIn(body: DeviceRequestInit['body']): ReadableStream<Uint8Array> | undefined {
  const hasStreams = typeof ReadableStream === 'function'
  return hasStreams && body instanceof ReadableStream ? body : undefined
}
