import { type Problem, publicCode, type ReasonCode, reasonOf } from '@sallyport/problem'

/** What an operator is to mend, whatever the caller sent. */
const ownFaults: ReadonlySet<ReasonCode> = new Set([
  'internal_error',
  'store_unavailable',
  'signer_unavailable',
  'signer_refused',
])

/**
 * Whether a refusal is for a fault of ours: then the log has why. Of the setup of an authority (reasons without a
 * status of HTTP) callers are told nothing, so that it would stand nowhere else.
 */
export function isOwnFault({ code }: Problem): boolean {
  const told = publicCode(code)
  return ownFaults.has(told) || reasonOf(told).status === 0
}
