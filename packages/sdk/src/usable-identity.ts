import { isReasonCode } from '@sallyport/problem'
import type { ClientContext } from './client-context.ts'
import type { Identity } from './client-state.ts'
import { untilAborted } from './deadline.ts'
import { openKey } from './device-keys.ts'
import { retryDelayMs } from './retry.ts'
import { isSallyportError, SallyportError } from './sallyport-error.ts'
import { endIdentity } from './end-identity.ts'

/** The identity to make a request with: renewed where it is due, enrolled where the client may. */
export type UsableIdentity = {
  (signal: AbortSignal | undefined, done: { hasEnrolled: boolean }): Promise<Identity>
  readonly mayEnroll: boolean
}

/** Attempts at renewing beside requests that failed: half a minute apart at first, an hour in the end. */
const backgroundRetry = {
  attempts: Number.POSITIVE_INFINITY,
  baseMs: 30_000,
  maximumMs: 3_600_000,
}

/** How long a refusal stands for the requests after it, where the server names no time. */
const refusalRestMs = 30_000

export function createUsableIdentity(
  context: ClientContext,
  flights: { renew(): Promise<Identity>; enroll(): Promise<Identity> },
  mayEnroll: boolean,
): UsableIdentity {
  const renewBesides = createBackgroundRenewal(context, flights.renew)
  const enroll = restingAfterRefusal(context, flights.enroll)
  const renew = restingAfterRefusal(context, flights.renew)

  async function usable(
    signal: AbortSignal | undefined,
    done: { hasEnrolled: boolean },
  ): Promise<Identity> {
    const { identity } = await context.state.read()
    const ending = await endOf(context, identity)
    if (identity === undefined || ending !== undefined) {
      if (!mayEnroll || done.hasEnrolled) throw ending ?? new SallyportError('device_not_enrolled')
      done.hasEnrolled = true
      return await untilAborted(enroll(), signal)
    }
    const now = context.clock.now()
    if (now >= identity.notAfter) return await renewFirst(identity, signal, done)
    if (now >= identity.renewAt) renewBesides()
    return identity
  }

  async function renewFirst(
    identity: Identity,
    signal: AbortSignal | undefined,
    done: { hasEnrolled: boolean },
  ): Promise<Identity> {
    try {
      return await untilAborted(renew(), signal)
    } catch (error) {
      if (!isSallyportError(error)) throw error
      if (error.action === 're-enroll') return await usable(signal, done)
      // The phone's clock may be wrong, and the authority away: the gateway decides whether it is expired.
      if (error.retryable) return identity
      // What this certificate can no longer prove, another enrolment may.
      if (error.code === 'evidence_refused' && mayEnroll && !done.hasEnrolled) {
        done.hasEnrolled = true
        return await untilAborted(enroll(), signal)
      }
      throw error
    }
  }

  return Object.assign(usable, { mayEnroll })
}

/** Why the identity cannot be used at all, noted durably: the server ended it, or its key is gone. */
async function endOf(
  context: ClientContext,
  identity: Identity | undefined,
): Promise<SallyportError | undefined> {
  if (identity === undefined) return undefined
  if (identity.endedBy !== undefined) {
    const code = isReasonCode(identity.endedBy) ? identity.endedBy : 'unknown'
    const { endedBy: serverCode } = identity
    return new SallyportError(code, { serverCode, action: 're-enroll', retryable: false })
  }
  try {
    await openKey(context.keyStore, identity.keyId)
    return undefined
  } catch (error) {
    if (!isSallyportError(error) || error.code !== 'device_key_lost') throw error
    await endIdentity(context, error.code)
    return error
  }
}

/**
 * An attempt that the authority refused is not made again with every request: for a while they hear the
 * same refusal. What got no answer, or evidence that was not there, is tried again at once.
 */
function restingAfterRefusal(context: ClientContext, attempt: () => Promise<Identity>) {
  let refused: { error: SallyportError; at: number; restMs: number } | undefined
  return async (): Promise<Identity> => {
    const sinceMs = refused === undefined ? -1 : context.clock.phoneNow() - refused.at
    // A time before the refusal means that the phone's clock went back.
    if (refused !== undefined && sinceMs >= 0 && sinceMs < refused.restMs) throw refused.error
    refused = undefined
    try {
      return await attempt()
    } catch (error) {
      // One that names an action is answered by it: a user who signs in waits for nothing.
      if (isSallyportError(error) && error.status !== undefined && error.action === undefined) {
        const askedMs = error.retryAfterMs ?? (error.retryable ? 0 : refusalRestMs)
        const restMs = Math.min(askedMs, backgroundRetry.maximumMs)
        refused = { error, at: context.clock.phoneNow(), restMs }
      }
      throw error
    }
  }
}

/** Renews beside the requests that go on. Failures are kept for diagnostics; the next attempt waits longer. */
function createBackgroundRenewal(context: ClientContext, renew: () => Promise<Identity>) {
  let failures = 0
  let restUntil = 0
  let isUnderWay = false

  async function attempt(): Promise<void> {
    isUnderWay = true
    try {
      await renew()
      failures = 0
      // A server that names a time to renew that is past already is not asked with every request.
      restUntil = context.clock.phoneNow() + backgroundRetry.baseMs
    } catch (error) {
      failures += 1
      const askedMs = isSallyportError(error) ? error.retryAfterMs : undefined
      const waitMs = retryDelayMs(backgroundRetry, failures, askedMs, context.random)
      restUntil = context.clock.phoneNow() + (waitMs ?? backgroundRetry.maximumMs)
    }
    isUnderWay = false
  }

  return () => {
    const restMs = restUntil - context.clock.phoneNow()
    // A rest longer than any that was set means that the phone's clock went back.
    const isResting = restMs > 0 && restMs <= backgroundRetry.maximumMs * 2
    if (!isUnderWay && !isResting) void attempt()
  }
}
