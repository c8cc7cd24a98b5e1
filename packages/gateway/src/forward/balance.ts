import type { Target } from './target.ts'
import type { UpstreamSettings } from './upstream-config.ts'

/** Chooses a target for each request. */
export class Balance {
  readonly #targets: readonly Target[]
  readonly #isRoundRobin: boolean
  #next = 0

  constructor(targets: readonly Target[], settings: UpstreamSettings) {
    this.#targets = targets
    this.#isRoundRobin = settings.balance === 'roundRobin'
  }

  /**
   * @param tried targets that failed this request before; chosen again only by `mayRepeat`.
   * @returns undefined where the health checks of every target fail, or all were tried.
   */
  choose(now: number, tried: readonly Target[], mayRepeat: boolean): Target | undefined {
    const target = this.#best(now, tried) ?? (mayRepeat ? this.#best(now, []) : undefined)
    target?.chosen(now)
    return target
  }

  /** Whether another target than this one, and those tried before, could take the request. */
  hasOther(target: Target | undefined, tried: readonly Target[]): boolean {
    return this.#targets.some(
      (other) => other !== target && other.passesChecks && !tried.includes(other),
    )
  }

  #best(now: number, tried: readonly Target[]): Target | undefined {
    const targets = this.#targets
    const start = this.#next
    this.#next = (start + 1) % targets.length
    let best: Target | undefined
    let soonest: Target | undefined
    for (let offset = 0; offset < targets.length; offset++) {
      const target = targets[(start + offset) % targets.length]
      if (target === undefined || !target.passesChecks || tried.includes(target)) continue
      if (target.isAvailable(now)) {
        if (this.#isRoundRobin) return target
        if (best === undefined || target.outstanding < best.outstanding) best = target
      } else if (soonest === undefined || target.ejectedUntil < soonest.ejectedUntil) {
        soonest = target
      }
    }
    // Failures of requests alone never take the last targets out: a try is better than a refusal.
    return best ?? soonest
  }
}
