import { connectionFailed, isTlsFailure } from './authority.ts'
import type { ClientContext } from './client-context.ts'
import type { Identity } from './client-state.ts'
import { withDeadline } from './deadline.ts'
import { openKey } from './device-keys.ts'
import type { DeviceRequestInit, GatewayRequest } from './gateway-request.ts'
import { readGatewayRequest } from './gateway-request.ts'
import { readRefusal } from './refusal.ts'
import { streamWithEnd } from './response-body.ts'
import { type RetryPolicy, retryDelayMs } from './retry.ts'
import { isSallyportError, SallyportError } from './sallyport-error.ts'
import { type Transport, TransportError, type TransportResponse, type Trust } from './transport.ts'
import { transportIdentity } from './transport-identity.ts'
import type { UsableIdentity } from './usable-identity.ts'
import type { WhyRefused } from './why-refused.ts'

/** What fetch needs beyond what all operations share. */
export type FetchContext = ClientContext & {
  readonly gateway: URL
  readonly transport: Transport
  readonly trust: Trust
  readonly retry: RetryPolicy
  readonly timeoutMs: number
  readonly usableIdentity: UsableIdentity
  readonly whyRefused: WhyRefused
  readonly renew: () => Promise<Identity>
}

/**
 * One request to the service behind the gateway. It returns the answer of the service, whatever its
 * status, and throws `SallyportError` for a refusal by Sallyport that could not be mended here: by
 * renewing once, by waiting as the server asks, by enrolling again where the client may.
 *
 * Sent a second time are: what was refused before it reached the service, and what got no answer and is
 * idempotent; both only with a body that is not a stream. Redirects are not followed.
 */
export async function fetchFromGateway(
  context: FetchContext,
  input: string | URL,
  init: DeviceRequestInit,
): Promise<Response> {
  const request = await readGatewayRequest(context.gateway, input, init)
  const timeoutMs = init.timeoutMs ?? context.timeoutMs
  const done = { hasRenewed: false, hasEnrolled: false }
  for (let attempt = 1; ; attempt++) {
    const identity = await context.usableIdentity(request.signal, done)
    const outcome = await sendOnce(context, identity, request, timeoutMs)
    if (!isSallyportError(outcome)) return toResponse(outcome)
    const isLast = attempt >= context.retry.attempts || !canRepeat(request, outcome)
    const error = await context.whyRefused(identity, outcome, isLast)
    context.events.failed(`${request.method} was refused`, error)
    const isMended = await mend(context, identity, error, done)
    if (!canRepeat(request, outcome)) throw isMended ? worthRepeating(error) : error
    if (isMended) continue
    const delayMs = error.retryable
      ? retryDelayMs(context.retry, attempt, error.retryAfterMs, context.random)
      : undefined
    if (delayMs === undefined) throw error
    await context.sleep(delayMs, request.signal)
  }
}

async function sendOnce(
  context: FetchContext,
  identity: Identity,
  request: GatewayRequest,
  timeoutMs: number,
): Promise<TransportResponse | SallyportError> {
  const { transport, trust, clock, keyStore } = context
  const { url, method, headers, body } = request
  const presented = transportIdentity(identity, await openKey(keyStore, identity.keyId))
  try {
    const { result, release } = await withDeadline(timeoutMs, request.signal, async (signal) => {
      const head = { url, method, headers, body, trust, signal }
      return await readRefusal(await transport.send({ ...head, identity: presented }), clock)
    })
    if ('response' in result) return releasedAtEnd(result.response, release)
    release?.()
    return result.refusal
  } catch (error) {
    const failure = connectionFailed(error, request.signal)
    if (isSallyportError(failure)) return failure
    throw failure
  }
}

/** The caller's signal reaches the body for as long as there is one to come. */
function releasedAtEnd(response: TransportResponse, release: (() => void) | undefined) {
  const { body } = response
  if (release === undefined) return response
  if (body === undefined || body instanceof Uint8Array) {
    release()
    return response
  }
  return { ...response, body: streamWithEnd(body, release) }
}

/** Whether sending it again could do nothing twice. */
function canRepeat(request: GatewayRequest, error: SallyportError): boolean {
  if (!request.isReplayable) return false
  if (error.code !== 'connection_failed') return true
  const failure = error.cause instanceof TransportError ? error.cause.failure : 'lost'
  if (failure === 'timeout') return false
  return failure === 'connect' || isTlsFailure(error) || request.isIdempotent
}

/** Does what the server says helps, once each. Whether something was mended, so that a second try makes sense. */
async function mend(
  context: FetchContext,
  identity: Identity,
  error: SallyportError,
  done: { hasRenewed: boolean; hasEnrolled: boolean },
): Promise<boolean> {
  const current = (await context.state.read()).identity
  // Another request may have mended it while this one was under way.
  const isStillCurrent = current?.certificates[0] === identity.certificates[0]
  if (error.action === 'renew' && !done.hasRenewed) {
    done.hasRenewed = true
    if (isStillCurrent) await context.renew()
    return true
  }
  if (error.action !== 're-enroll' || done.hasEnrolled) return false
  done.hasEnrolled = !isStillCurrent
  return !isStillCurrent || (current?.endedBy !== undefined && context.usableIdentity.mayEnroll)
}

/** The same refusal, now worth another call: what was wrong is mended, but this body is spent. */
function worthRepeating(error: SallyportError): SallyportError {
  const { serverCode, message: detail, action, requestId, supportCode, status } = error
  return new SallyportError(error.code, {
    serverCode,
    detail,
    action,
    retryable: true,
    cause: error,
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(supportCode === undefined ? {} : { supportCode }),
  })
}

const bodylessStatuses = new Set([204, 205, 304])

function toResponse({ status, headers, body }: TransportResponse): Response {
  if (status < 200 || status > 599) {
    throw new SallyportError('answer_malformed', { detail: `the status is ${status}`, status })
  }
  const isBodyless = bodylessStatuses.has(status) || body === undefined
  const content = isBodyless ? null : (body as ConstructorParameters<typeof Response>[0])
  return new Response(content, { status, headers: headers.map(([name, value]) => [name, value]) })
}
