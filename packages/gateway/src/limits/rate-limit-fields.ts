import type { Standing } from '../counters/counters.ts'
import { durationMs } from './duration.ts'
import type { LimitRuleSettings } from './limit-settings.ts'

const daySeconds = 86_400

/** A rule's item of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11 §3). */
export function policyOf({ name, limit, per, perDayIn, atOnce }: LimitRuleSettings): string {
  if (atOnce !== undefined) return `"${name}";q=${atOnce};qu="concurrent-requests"`
  const seconds = perDayIn === undefined ? durationMs(per ?? '1m') / 1_000 : daySeconds
  return `"${name}";q=${limit};w=${seconds}`
}

/** A rule's item of RateLimit (the same, §4): what is left, and for how long. */
export function standingOf(name: string, { remaining, resetMs, retryMs }: Standing): string {
  const seconds = Math.ceil((retryMs > 0 ? retryMs : resetMs) / 1_000)
  return `"${name}";r=${Math.max(0, remaining)}${seconds > 0 ? `;t=${seconds}` : ''}`
}
