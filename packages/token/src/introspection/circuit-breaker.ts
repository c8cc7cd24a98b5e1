const failuresToOpen = 5
const openMs = 5_000

/**
 * Whether a provider that fails is asked at all: after five failures on end it is left alone for five
 * seconds, then one request tries. So a provider that hangs costs few requests their time, and is not
 * beaten while it is down.
 */
export type CircuitBreaker = {
  /** Whether to ask now. Whoever is told true reports how it went. */
  enter(): boolean
  succeeded(): void
  failed(): void
}

export function createCircuitBreaker(now: () => number): CircuitBreaker {
  let failures = 0
  let openedAt = Number.NEGATIVE_INFINITY
  let isProbing = false
  return {
    enter() {
      if (failures < failuresToOpen) return true
      // A clock that was set back counts as time gone by.
      if (isProbing || Math.abs(now() - openedAt) < openMs) return false
      isProbing = true
      return true
    },
    succeeded() {
      failures = 0
      isProbing = false
    },
    failed() {
      failures++
      isProbing = false
      if (failures >= failuresToOpen) openedAt = now()
    },
  }
}
