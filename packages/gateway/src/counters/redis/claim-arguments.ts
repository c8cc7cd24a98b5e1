import { type Claim, CountersUnavailable, type Standing, type Taken } from '../counters.ts'
import { numbersOfStanding } from './limit-scripts.ts'
import { leaseMs } from './open-leases.ts'

/** What the script is told of a claim, in its units: microseconds. As many members for every kind. */
export function argumentsOf({ limit, cost }: Claim, member: string): (string | number)[] {
  const { kind } = limit
  if (limit.kind === 'rate') {
    return [kind, cost, limit.intervalNs / 1_000, limit.toleranceNs / 1_000, 0, 0, member]
  }
  if (limit.kind === 'window') {
    const at = Date.now()
    return [kind, cost, limit.quota, Math.ceil((limit.endOf(at) - at) * 1_000), 0, 0, member]
  }
  if (limit.kind === 'delay') {
    const { freeTries, firstMs, longestMs, forgetAfterMs } = limit
    return [kind, cost, freeTries, firstMs * 1e3, longestMs * 1e3, forgetAfterMs * 1e3, member]
  }
  return [kind, cost, limit.maximum, leaseMs * 1e3, 0, 0, member]
}

/**
 * Reads what the script answered, and believes nothing that it cannot have said.
 *
 * @param firstMember number of the member that the first claim would be counted as
 * @throws CountersUnavailable
 */
export function readTaken(answer: unknown, claims: number, firstMember: number): Taken {
  const count = Array.isArray(answer) ? answer.length / numbersOfStanding : 0
  if (!Array.isArray(answer) || !Number.isInteger(count) || count < 1 || count > claims) {
    throw new CountersUnavailable('Redis gave an answer of another shape')
  }
  const numbers = answer as unknown[]
  if (!numbers.every((number) => Number.isFinite(number))) {
    throw new CountersUnavailable('Redis gave an answer that is not numbers')
  }
  const standings = Array.from({ length: count }, (_, index): Standing => {
    const [admitted = 0, remaining = 0, reset = 0, retry = 0, mark = 0, before = 0] = (
      numbers as number[]
    ).slice(index * numbersOfStanding, (index + 1) * numbersOfStanding)
    return {
      isAdmitted: admitted === 1,
      remaining,
      resetMs: reset / 1_000,
      retryMs: retry / 1_000,
      mark: mark === 0 ? firstMember + index : mark,
      before,
      level: 'redis',
    }
  })
  const refused = standings.findIndex(({ isAdmitted }) => !isAdmitted)
  if (refused >= 0 ? refused !== count - 1 : count !== claims) {
    throw new CountersUnavailable('Redis gave an answer for other limits')
  }
  return { standings, refused }
}
