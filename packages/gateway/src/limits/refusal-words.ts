import { createHash } from 'node:crypto'
import type { Claim, CountedAt, Standing } from '../counters/counters.ts'
import { durationMs } from './duration.ts'
import type { LimitRuleSettings } from './limit-settings.ts'

/** What a rule admits, in words: `1000 in 1m, that is one each 60 ms, and after a pause 100 without waiting`. */
export function ruleWords(settings: LimitRuleSettings): string {
  const { limit = 1, per, perDayIn, atOnce, burst = limit, cost = 1, countStatus } = settings
  if (atOnce !== undefined) return `at most ${atOnce} under way at the same time`
  const what = countStatus === undefined ? '' : ` answered ${countStatus.join(', ')}`
  const costs = cost === 1 ? '' : `; a request of this route takes ${cost}`
  if (perDayIn !== undefined) return `at most ${limit}${what} a day in ${perDayIn}${costs}`
  const pace = `one each ${spanWords(durationMs(per ?? '1m') / limit)}`
  return `at most ${limit}${what} in ${per}: ${pace}, and after a pause ${burst} without waiting (burst)${costs}`
}

const together: Readonly<Record<CountedAt, string>> = {
  key: 'counted by itself',
  coarse: 'counted with its network, for want of room',
  limit: 'counted with all others of the rule, for want of room',
  redis: 'counted over all gateways',
  nowhere: 'not counted',
}

/** How a claim stands that was refused: what is left, when again, and under which key it is counted. */
export function standingWords(claim: Claim, standing: Standing, whom: string): string {
  const { remaining, retryMs, resetMs, level } = standing
  const { limit, cost, isProven, key } = claim
  const left = `${Math.max(0, remaining)} left`
  const asks = cost === 1 ? '' : `, and ${cost} asked for`
  const again =
    limit.kind === 'concurrency'
      ? 'again when one of them ends'
      : `again in ${spanWords(retryMs)}${resetMs > retryMs ? `, and as if nothing had been in ${spanWords(resetMs)}` : ''}`
  const proof = isProven ? 'proven' : 'claimed'
  return `${left}${asks}; ${again}. ${whom} (${keyName(key)}, ${proof}), ${together[level]}`
}

/** Tells keys apart, and says nothing of what they are. In Redis the name of a counter begins with it. */
function keyName({ parts }: Claim['key']): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
  return `#${digest.slice(0, 8)}`
}

const units = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1_000, name: 's' },
] as const

/** `60 ms`, `12 s`, `3.5 min`: never less than it is. */
function spanWords(ms: number): string {
  const unit = units.find((each) => ms >= each.ms)
  if (unit === undefined) return `${Math.max(1, Math.ceil(ms))} ms`
  return `${Math.ceil((ms / unit.ms) * 10) / 10} ${unit.name}`
}
