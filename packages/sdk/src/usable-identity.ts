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

export function createUsableIdentity(
  context: ClientContext,
  flights: { renew(): Promise<Identity>; enroll(): Promise<Identity> },
  mayEnroll: boolean,
): UsableIdentity {
  const renewBesides = createBackgroundRenewal(context, flights.renew)

  async function usable(
    signal: AbortSignal | undefined,
    done: { hasEnrolled: boolean },
  ): Promise<Identity> {
    const { identity } = await context.state.read()
    const ending = await endOf(context, identity)
    if (identity === undefined || ending !== undefined) {
      if (!mayEnroll || done.hasEnrolled) throw ending ?? new SallyportError('device_not_enrolled')
      done.hasEnrolled = true
      return await untilAborted(flights.enroll(), signal)
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
      return await untilAborted(flights.renew(), signal)
    } catch (error) {
      if (!isSallyportError(error)) throw error
      if (error.action === 're-enroll') return await usable(signal, done)
      // The phone's clock may be wrong, and the authority away: the gateway decides whether it is expired.
      if (error.retryable) return identity
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
