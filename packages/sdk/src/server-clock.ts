/**
 * The time at the server as this phone can tell: its own clock, corrected by what was measured at the
 * last answer. Phones are wrong by hours often enough that no decision rests on their clock alone.
 */
export type ServerClock = {
  /** Milliseconds since 1970 at the server. */
  now(): number
  /** Server time less the time of this phone; undefined before the first measurement. */
  offsetMs(): number | undefined
  /** Takes a measurement: what the server said, and when this phone sent and received. */
  observe(measurement: { serverTime: number; sentAt: number; receivedAt: number }): void
  /** Takes what an earlier process measured, unless this one has measured already. */
  remember(offsetMs: number): void
  /** The phone's own clock: for measurements only. */
  phoneNow(): number
}

export function createServerClock(phoneNow: () => number): ServerClock {
  let offset: number | undefined
  return {
    now: () => phoneNow() + (offset ?? 0),
    offsetMs: () => offset,
    observe: ({ serverTime, sentAt, receivedAt }) => {
      // The phone's clock may have been set between the two; then only the later one counts.
      const middle = receivedAt >= sentAt ? (sentAt + receivedAt) / 2 : receivedAt
      offset = Math.round(serverTime - middle)
    },
    remember: (offsetMs) => {
      offset ??= offsetMs
    },
    phoneNow,
  }
}
