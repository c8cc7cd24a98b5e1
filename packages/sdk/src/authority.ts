import {
  type ApprovalDecision,
  type DiagnoseRequest,
  devicePaths,
  type EnrollmentRequest,
  type Purpose,
  type RenewalRequest,
} from '@sallyport/wire'
import { type Challenge, type Members, readChallenge, readMembers } from './authority-answer.ts'
import { withDeadline } from './deadline.ts'
import { headerOf, parseJson, readRefusal } from './refusal.ts'
import { readBody } from './response-body.ts'
import { parseRetryAfter, type RetryPolicy, retryDelayMs, type Sleep } from './retry.ts'
import { isSallyportError, SallyportError } from './sallyport-error.ts'
import type { ServerClock } from './server-clock.ts'
import {
  type Transport,
  TransportError,
  type TransportIdentity,
  type TransportResponse,
  type Trust,
} from './transport.ts'

/** No answer of the device API is longer. */
const maximumAnswerBytes = 262_144

/** A firewall may drop what goes to another port: no user waits longer for that. */
const mtlsTimeoutMs = 10_000

export type Answer = { readonly status: number; readonly members: Members }

/** The device API of the authority. Each call is idempotent there, so that each may be repeated here. */
export type Authority = {
  challenge(appId: string, purpose: Purpose, signal?: AbortSignal): Promise<Challenge>
  /** The token is of the user whose device it will be: it goes into a header and nowhere else. */
  enroll(
    request: EnrollmentRequest,
    options: { accessToken?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<Answer>
  renew(request: RenewalRequest, identity: TransportIdentity | undefined): Promise<Answer>
  diagnose(request: DiagnoseRequest): Promise<Answer>
  /** The token is of the user: it goes into the body and nowhere else. */
  exchange(
    request: { userToken: string; scope?: string | undefined; signal?: AbortSignal | undefined },
    identity: TransportIdentity,
  ): Promise<Answer>
  devices(identity: TransportIdentity): Promise<Answer>
  /** The token is of the user, for a device that is not the one that calls. */
  endDevice(
    deviceId: string,
    options: { accessToken?: string | undefined },
    identity: TransportIdentity,
  ): Promise<Answer>
  approvals(identity: TransportIdentity): Promise<Answer>
  decide(
    approvalId: string,
    decision: ApprovalDecision,
    identity: TransportIdentity,
  ): Promise<Answer>
}

export type AuthorityOptions = {
  readonly url: string
  /** Where the authority said that calls with a certificate had better go. */
  readonly mtlsUrl: () => Promise<string | undefined>
  readonly trust: Trust
  readonly transport: Transport
  readonly clock: ServerClock
  readonly retry: RetryPolicy
  readonly timeoutMs: number
  readonly random: () => number
  readonly sleep: Sleep
}

type Call = {
  readonly path: string
  /** Where it is neither GET nor POST. */
  readonly method?: 'DELETE'
  /** Sent as JSON by POST; without any content: GET. */
  readonly message?: object
  /** Sent as a form by POST, in place of a message. */
  readonly form?: Readonly<Record<string, string>>
  readonly accessToken?: string | undefined
  readonly identity?: TransportIdentity | undefined
  readonly signal?: AbortSignal | undefined
}

export function createAuthority(options: AuthorityOptions): Authority {
  const ask = (call: Call) => askRepeatedly(options, call)
  return {
    challenge: async (appId, purpose, signal) => {
      const message = { appId, purpose }
      const answer = await ask({ path: devicePaths.challenges, message, signal })
      return readChallenge(answer.members)
    },
    enroll: (message, { accessToken, signal }) =>
      ask({ path: devicePaths.certificates, message, accessToken, signal }),
    renew: (message, identity) => ask({ path: devicePaths.renewals, message, identity }),
    diagnose: (message) => ask({ path: devicePaths.diagnose, message }),
    exchange: ({ userToken, scope, signal }, identity) =>
      ask({ path: devicePaths.tokens, form: exchangeForm(userToken, scope), identity, signal }),
    devices: (identity) => ask({ path: devicePaths.devices, identity }),
    endDevice: (id, { accessToken }, identity) =>
      ask({
        path: `${devicePaths.devices}/${encodeURIComponent(id)}`,
        method: 'DELETE',
        accessToken,
        identity,
      }),
    approvals: (identity) => ask({ path: devicePaths.approvals, identity }),
    decide: (id, message, identity) =>
      ask({ path: `${devicePaths.approvals}/${encodeURIComponent(id)}`, message, identity }),
  }
}

/** RFC 8693 §2.1. */
function exchangeForm(userToken: string, scope: string | undefined): Record<string, string> {
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: userToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    ...(scope === undefined ? {} : { scope }),
  }
}

async function askRepeatedly(options: AuthorityOptions, call: Call): Promise<Answer> {
  const mtlsUrl = isOfHolder(call) ? await options.mtlsUrl() : undefined
  const timeoutMs = Math.min(options.timeoutMs, mtlsTimeoutMs)
  let place = mtlsUrl === undefined ? options : { ...options, url: mtlsUrl, timeoutMs }
  for (let attempt = 1; ; ) {
    try {
      return await askOnce(place, call)
    } catch (error) {
      if (!isSallyportError(error)) throw error
      // Where it cannot be reached, or is something else, the device listener serves the same.
      if (place !== options && cannotServe.has(error.code)) {
        place = options
        continue
      }
      if (!error.retryable || isTlsFailure(error)) throw error
      const delayMs = retryDelayMs(options.retry, attempt, error.retryAfterMs, options.random)
      if (delayMs === undefined) throw error
      await options.sleep(delayMs, call.signal)
      attempt++
    }
  }
}

const cannotServe: ReadonlySet<string> = new Set(['connection_failed', 'answer_malformed'])

/** Whether only someone who holds a certificate asks this. */
function isOfHolder({ identity, path, message }: Call): boolean {
  if (identity !== undefined || path === devicePaths.renewals) return true
  return path === devicePaths.challenges && isRenewal(message)
}

function isRenewal(message: object | undefined): boolean {
  return message !== undefined && 'purpose' in message && message.purpose === 'renew'
}

async function askOnce(options: AuthorityOptions, call: Call): Promise<Answer> {
  const sentAt = options.clock.phoneNow()
  const response = await exchange(options, call)
  const receivedAt = options.clock.phoneNow()
  const outcome = await readRefusal(response, options.clock)
  if ('refusal' in outcome) throw outcome.refusal
  if (response.status < 200 || response.status > 299) throw strangerAnswer(response, options.clock)
  const members = readMembers(parseJson(outcome.response.body))
  const serverTime = members.get('serverTime')
  const time = typeof serverTime === 'string' ? Date.parse(serverTime) : Number.NaN
  if (!Number.isNaN(time)) options.clock.observe({ serverTime: time, sentAt, receivedAt })
  return { status: response.status, members }
}

/** One request and its whole answer, within the time there is for both. */
async function exchange(options: AuthorityOptions, call: Call): Promise<TransportResponse> {
  const content = contentOf(call)
  try {
    const { result, release } = await withDeadline(
      options.timeoutMs,
      call.signal,
      async (signal) => {
        const response = await options.transport.send({
          url: options.url + call.path,
          method: call.method ?? (content === undefined ? 'GET' : 'POST'),
          headers: headersOf(call, content),
          body: content === undefined ? undefined : new TextEncoder().encode(content.text),
          identity: call.identity,
          trust: options.trust,
          signal,
        })
        const read = await readBody(response.body, maximumAnswerBytes)
        if (read.isWhole) return { ...response, body: read.bytes }
        await read.stream.cancel()
        return { ...response, body: undefined }
      },
    )
    release?.()
    return result
  } catch (error) {
    throw connectionFailed(error, call.signal)
  }
}

type Content = { readonly type: string; readonly text: string }

function contentOf({ message, form }: Call): Content | undefined {
  if (message !== undefined) return { type: 'application/json', text: JSON.stringify(message) }
  if (form === undefined) return undefined
  // Not URLSearchParams, which React Native has by halves.
  const pairs = Object.entries(form).map((pair) => pair.map(encodeURIComponent).join('='))
  return { type: 'application/x-www-form-urlencoded', text: pairs.join('&') }
}

function headersOf({ accessToken }: Call, content: Content | undefined): [string, string][] {
  return [
    ['accept', 'application/json'],
    ...(content === undefined ? [] : [['content-type', content.type] satisfies [string, string]]),
    ...(accessToken === undefined
      ? []
      : [['authorization', `Bearer ${accessToken}`] satisfies [string, string]]),
  ]
}

/** An answer that is not Sallyport's: of a proxy in between, or of something else at this address. */
function strangerAnswer(response: TransportResponse, clock: ServerClock): SallyportError {
  const retryAfterMs = parseRetryAfter(headerOf(response, 'retry-after'), clock.now())
  return new SallyportError('answer_malformed', {
    detail: `something other than the authority answered with status ${response.status}`,
    status: response.status,
    retryable: [408, 429, 502, 503, 504].includes(response.status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** What a transport threw, as an error of ours; the reason of an aborted signal stays what it is. */
export function connectionFailed(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason
  return new SallyportError('connection_failed', { cause: error })
}

/** Whether the TLS handshake failed: repeating it as it was would fail again. */
export function isTlsFailure(error: unknown): boolean {
  if (!isSallyportError(error) || error.code !== 'connection_failed') return false
  return error.cause instanceof TransportError && error.cause.failure === 'tls'
}
