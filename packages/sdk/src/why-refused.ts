import { actions, isReasonCode } from '@sallyport/problem'
import { isTlsFailure } from './authority.ts'
import type { ClientContext } from './client-context.ts'
import type { Identity } from './client-state.ts'
import { endIdentity } from './end-identity.ts'
import { SallyportError } from './sallyport-error.ts'

/** The refusal, or what the authority says in its place. */
export type WhyRefused = (
  identity: Identity,
  error: SallyportError,
  isLastAttempt: boolean,
) => Promise<SallyportError>

/** A gateway that is misconfigured refuses every request: the authority is not asked about each. */
const askAgainAfterMs = 30_000

/**
 * The authority's word on a refusal that would cost the device its identity, or that has no words: a
 * gateway that says `re-enroll` may be misconfigured, and a handshake that failed says nothing.
 *
 * Where the authority finds the certificate good, or cannot be asked, the refusal stays what it was and
 * the identity is kept. Where it says that only enrolling again helps, that is noted durably.
 */
export function createWhyRefused(context: ClientContext): WhyRefused {
  let foundGood: { certificate: string | undefined; at: number } | undefined

  return async (identity, error, isLastAttempt) => {
    const isSpeechless =
      error.code === 'connection_failed' && (isLastAttempt || isTlsFailure(error))
    if (!isSpeechless && error.action !== 're-enroll') return error
    const [certificate] = identity.certificates
    const now = context.clock.phoneNow()
    const sinceMs = foundGood?.certificate === certificate ? now - (foundGood?.at ?? 0) : -1
    if (sinceMs >= 0 && sinceMs < askAgainAfterMs) return error
    const told = await diagnose(context, identity, error)
    foundGood = told === undefined ? { certificate, at: now } : undefined
    if (told?.action === 're-enroll') await endIfCurrent(context, identity, told.serverCode)
    return told ?? error
  }
}

/** Another call may have put another certificate in its place by now. */
async function endIfCurrent(context: ClientContext, identity: Identity, endedBy: string) {
  const current = (await context.state.read()).identity
  if (current?.certificates[0] === identity.certificates[0]) await endIdentity(context, endedBy)
}

async function diagnose(
  context: ClientContext,
  identity: Identity,
  refusal: SallyportError,
): Promise<SallyportError | undefined> {
  try {
    const certificate = identity.certificates[0] ?? ''
    const deviceTime = new Date(context.clock.phoneNow()).toISOString()
    const { members } = await context.authority.diagnose({ certificate, deviceTime })
    const code = members.get('code')
    if (members.get('ok') !== false || typeof code !== 'string') return undefined
    const title = members.get('title')
    const { requestId, supportCode } = refusal
    return new SallyportError(isReasonCode(code) ? code : 'unknown', {
      serverCode: code.slice(0, 80),
      action: actions.find((known) => known === members.get('action')),
      cause: refusal,
      ...(typeof title === 'string' ? { detail: title.slice(0, 500) } : {}),
      ...(requestId === undefined ? {} : { requestId }),
      ...(supportCode === undefined ? {} : { supportCode }),
    })
  } catch (error) {
    context.events.failed('the authority could not be asked why', error)
    return undefined
  }
}
