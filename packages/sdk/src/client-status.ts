import type { Assurance } from '@sallyport/wire'
import type { ClientState } from './client-state.ts'
import type { ServerClock } from './server-clock.ts'

/**
 * `none`: never enrolled. `pending`: an enrolment is under way, perhaps waiting for approval. `active`.
 * `renewal-due`: still good, and to be renewed. `expired`: renewed by the next call. `re-enroll`: the
 * server said that only enrolling again helps.
 */
export type ClientStatus = {
  readonly state: 'none' | 'pending' | 'active' | 'renewal-due' | 'expired' | 're-enroll'
  readonly deviceId?: string
  readonly assurance?: Assurance
  /** RFC 3339, by the clock of the server. */
  readonly notAfter?: string
  readonly renewAt?: string
  readonly graceUntil?: string
  /** Why the state is `re-enroll`: the code the server gave. */
  readonly endedBy?: string
  readonly hasPendingRequest: boolean
  /** Server time less the time of this phone, as last measured. */
  readonly clockOffsetMs?: number
}

export function statusOf(state: ClientState, clock: ServerClock): ClientStatus {
  const { identity, pending } = state
  const offset = clock.offsetMs()
  const common = {
    hasPendingRequest: pending !== undefined,
    ...(offset === undefined ? {} : { clockOffsetMs: offset }),
  }
  if (identity === undefined) {
    return { state: pending === undefined ? 'none' : 'pending', ...common }
  }
  const { deviceId, assurance, notAfter, renewAt, graceUntil, endedBy } = identity
  return {
    state: endedBy === undefined ? stateByTime(clock.now(), renewAt, notAfter) : 're-enroll',
    deviceId,
    assurance,
    notAfter: new Date(notAfter).toISOString(),
    renewAt: new Date(renewAt).toISOString(),
    graceUntil: new Date(graceUntil).toISOString(),
    ...(endedBy === undefined ? {} : { endedBy }),
    ...common,
  }
}

function stateByTime(now: number, renewAt: number, notAfter: number) {
  if (now >= notAfter) return 'expired'
  return now >= renewAt ? 'renewal-due' : 'active'
}
