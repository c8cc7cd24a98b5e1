/** How it stands with what the authority said last: for a metric, a probe, and a log line before requests are refused. */
export type KeysHealth = {
  readonly state: KeysState
  /** Who brought it: the authority itself, or `cacheFile` since this process started. */
  readonly from: 'authority' | 'file' | undefined
  /** Since the authority signed it. Undefined where nothing was heard. */
  readonly ageSeconds: number | undefined
  /** Until every request is refused (`keys_expired`); 0 where that is so already. */
  readonly usableForSeconds: number
  /** Fetches that failed since the last one that did not. */
  readonly failures: number
}

/**
 * `fresh`: heard. `stale`: the last fetch failed, or there was none yet. `expiring`: two thirds of the time are over.
 * `expired`: all requests are refused. `unavailable`: so they are, since nothing was ever heard.
 */
export type KeysState = 'fresh' | 'stale' | 'expiring' | 'expired' | 'unavailable'

/** What is held of the authority's word. */
export type HeldFor = {
  readonly from: 'authority' | 'file'
  /** All seconds, of which some may be over. */
  readonly ageSeconds: number
  readonly lifeSeconds: number
  readonly usableForSeconds: number
}

/** So much of the time is left to whoever is told `expiring`. */
const expiringShare = 1 / 3

export function keysHealth(held: HeldFor | undefined, failures: number): KeysHealth {
  if (held === undefined) {
    const nothing = { from: undefined, ageSeconds: undefined, usableForSeconds: 0 }
    return { state: 'unavailable', ...nothing, failures }
  }
  const { from, ageSeconds, usableForSeconds } = held
  return { state: stateOf(held, failures), from, ageSeconds, usableForSeconds, failures }
}

function stateOf({ from, lifeSeconds, usableForSeconds }: HeldFor, failures: number): KeysState {
  if (usableForSeconds === 0) return 'expired'
  if (usableForSeconds <= lifeSeconds * expiringShare) return 'expiring'
  return failures > 0 || from === 'file' ? 'stale' : 'fresh'
}
