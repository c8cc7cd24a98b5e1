/** What a phone can do by itself about a refusal. A closed set: SDKs switch on it. */
export const actions = [
  'renew',
  're-enroll',
  'refresh-token',
  'sync-clock',
  'step-up',
  'update-app',
] as const
export type Action = (typeof actions)[number]

/** Where a reason arises. The reference page is grouped by it. */
export const areas = [
  'device',
  'token',
  'access',
  'address',
  'limit',
  'request',
  'upstream',
  'enrolment',
  'attestation',
  'status',
  'admin',
  'setup',
] as const
export type Area = (typeof areas)[number]

/**
 * One row of the table of reasons.
 *
 * `publicCode` is the reason's public face: what a caller outside is told in its place, where the
 * exact reason is for the operator alone. Without it the caller is told the code itself.
 */
export type Reason = {
  readonly area: Area
  /** HTTP status of the refusal. 0 where the reason is never an HTTP answer. */
  readonly status: number
  readonly title: string
  /** What to do about it, addressed to whoever operates the system or builds the app. */
  readonly fix: string
  readonly action?: Action
  /** Whether the very same request may succeed later without anyone changing anything. */
  readonly retryable: boolean
  readonly publicCode?: string
  /** The problem type, where one is registered for it (RFC 9457 §4.2). By default a URN of the code. */
  readonly problemType?: string
}
