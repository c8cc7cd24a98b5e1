import type { EnrollmentRequest } from '@sallyport/wire'
import type { Answer } from './authority.ts'
import { readIssued } from './authority-answer.ts'
import { aboutTheApp, type ClientContext } from './client-context.ts'
import { type Identity, inKeyStore } from './client-state.ts'
import {
  adoptCertificate,
  createKey,
  destroyDiscardedKeys,
  dropPending,
  openKey,
  requestFor,
} from './device-keys.ts'
import { evidenceFor } from './evidence-for.ts'
import { isSallyportError, SallyportError } from './sallyport-error.ts'

export type EnrollOptions = {
  /** A one-time token, where policy asks for one. */
  readonly enrollmentToken?: string
  /**
   * The access token of the signed-in user, where policy asks whose device it will be; a function is
   * called when the request is sent. It is sent as `Authorization: Bearer` and never kept.
   */
  readonly accessToken?: string | (() => string | Promise<string>)
  /** How long to wait for an approval before `enrollment_pending` is thrown. Default 10 minutes. */
  readonly approvalTimeoutMs?: number
  readonly signal?: AbortSignal
}

type PendingEnrollment = { readonly keyId: string; readonly request: EnrollmentRequest }

/** What a request is told by that only a new challenge can mend. It is then made anew, with a new key. */
const challengeOver = new Set<string>([
  'challenge_expired',
  'challenge_used',
  'challenge_refused',
  'challenge_connection_mismatch',
  'device_key_lost',
])

/**
 * Enrols. A request that was sent before and perhaps answered is sent again as it stands, over a
 * restart too, and gives the same certificate; only when its challenge is over it is made anew, once.
 */
export async function enrollDevice(
  context: ClientContext,
  options: EnrollOptions,
): Promise<Identity> {
  await destroyDiscardedKeys(context.keyStore, context.state)
  const earlier = await pendingEnrollment(context, options)
  if (earlier !== undefined) context.events.add('enrolment resumed')
  const pending = earlier ?? (await prepare(context, options))
  try {
    return await finish(context, pending, options)
  } catch (error) {
    if (!isSallyportError(error) || !challengeOver.has(error.code)) throw error
    return await finish(context, await prepare(context, options), options)
  }
}

/** The enrolment under way, unless the app now says something else about it. */
async function pendingEnrollment(
  context: ClientContext,
  options: EnrollOptions,
): Promise<PendingEnrollment | undefined> {
  const { pending } = await context.state.read()
  if (pending?.kind !== 'enroll') return undefined
  const { enrollmentToken } = options
  const hasOtherToken =
    enrollmentToken !== undefined && enrollmentToken !== pending.request.enrollmentToken
  return hasOtherToken || pending.request.appId !== context.app.id ? undefined : pending
}

/** A challenge, a key made for it, and the request, durable before it is sent. */
async function prepare(context: ClientContext, options: EnrollOptions): Promise<PendingEnrollment> {
  await dropPending(context.state)
  const { app } = context
  const challenge = await context.authority.challenge(app.id, 'enroll', options.signal)
  const key = await createKey(context.keyStore, context.state, challenge)
  const request: EnrollmentRequest = {
    appId: app.id,
    challenge: challenge.text,
    csr: await requestFor(key),
    ...(await evidenceFor(context, { purpose: 'enroll', challenge, key })),
    ...(options.enrollmentToken === undefined ? {} : { enrollmentToken: options.enrollmentToken }),
    ...(app.phoneId === undefined ? {} : { phoneId: app.phoneId }),
    ...aboutTheApp(app),
  }
  const { discardedKeyIds } = await context.state.read()
  await context.state.update({
    pending: { kind: 'enroll', keyId: key.id, request },
    discardedKeyIds: discardedKeyIds.filter((id) => id !== key.id),
  })
  return { keyId: key.id, request }
}

/** Sends until there is a certificate, a refusal, or no time left to wait for an approval. */
async function finish(
  context: ClientContext,
  pending: PendingEnrollment,
  options: EnrollOptions,
): Promise<Identity> {
  try {
    const key = await openKey(context.keyStore, pending.keyId)
    const spki = await inKeyStore(() => key.publicKey())
    const answer = await sendUntilDecided(context, pending.request, options)
    const issued = readIssued(answer.members, spki)
    const identity = await adoptCertificate(context, pending.keyId, issued)
    context.events.add('enrolled', identity.deviceId)
    return identity
  } catch (error) {
    context.events.failed('enrolment failed', error)
    // Refused for good: the next enrolment begins anew. Anything else may have been answered unheard.
    if (isSallyportError(error) && !error.retryable) await dropPending(context.state)
    throw error
  }
}

/** 202 means that someone must approve: the same request is sent again after the time it names. */
async function sendUntilDecided(
  context: ClientContext,
  request: EnrollmentRequest,
  options: EnrollOptions,
): Promise<Answer> {
  const { signal, approvalTimeoutMs = 600_000 } = options
  let leftMs = approvalTimeoutMs
  let accessToken = await accessTokenOf(options)
  for (;;) {
    const answer = await context.authority.enroll(request, { accessToken, signal })
    if (answer.status !== 202) return answer
    // What waits belongs to its user already: the token may expire meanwhile.
    accessToken = undefined
    const waitMs = approvalWaitMs(answer, context.random)
    leftMs -= waitMs
    if (leftMs < 0) throw new SallyportError('enrollment_pending', { retryAfterMs: waitMs })
    context.events.add('enrolment waits for approval')
    await context.sleep(waitMs, signal)
  }
}

async function accessTokenOf({ accessToken }: EnrollOptions): Promise<string | undefined> {
  const token = typeof accessToken === 'function' ? await accessToken() : accessToken
  if (token === undefined || /^[A-Za-z0-9._~+/-]+=*$/.test(token)) return token
  throw new TypeError('accessToken is not a token as RFC 6750 §2.1 has it')
}

/** Between a second and five minutes, whatever the server says, and a tenth of jitter. */
function approvalWaitMs(answer: Answer, random: () => number): number {
  const seconds = answer.members.get('retryAfterSeconds')
  const asked = typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : 5
  return Math.round(Math.min(300, Math.max(1, asked)) * 1000 * (1 + random() / 10))
}
