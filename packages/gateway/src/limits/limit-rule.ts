import type { Claim, Counters, Limit } from '../counters/counters.ts'
import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import { endOfDayIn } from './calendar-day.ts'
import { durationMs } from './duration.ts'
import { type CompiledSource, compileSource } from './key-source.ts'
import type { LimitRow } from './limit-counts.ts'
import { limitDefaults, type LimitRuleSettings, sourcesOf } from './limit-settings.ts'
import { policyOf } from './rate-limit-fields.ts'
import { ruleWords } from './refusal-words.ts'

/** Whose rules they are: what a rule's counters are shared by depends on it. */
export type RuleScope = { readonly host: string; readonly route: string }

/** Makes the claim of a request; undefined where the rule has nothing to count. */
export type ClaimOf = (request: GatewayRequest) => Claim | undefined

export type LimitRule = {
  readonly name: string
  readonly limit: Limit
  readonly claimOf: ClaimOf
  /** As the decision names whom it counts. */
  readonly by: string
  readonly expected: string
  /** Its item of RateLimit-Policy; undefined where it has none. */
  readonly policy: string | undefined
  readonly countStatus: readonly number[] | undefined
  readonly blockAddressMs: number | undefined
  readonly counts: LimitRow
}

export function compileRule(
  settings: LimitRuleSettings,
  scope: RuleScope,
  counters: Counters,
  counts: LimitRow,
): LimitRule {
  const limit = limitOf(settings)
  const { name, cost = 1, countStatus, blockAddressFor } = settings
  const sources = sourcesOf(settings)
  const by = sources
    .map((source) =>
      typeof source === 'string' ? source : Object.entries(source).join().replace(',', ' '),
    )
    .join(' and ')
  return {
    name,
    limit,
    claimOf: claimMaker(sources.map(compileSource), {
      limit,
      cost,
      // A rule of the same name that is changed to another kind begins anew: what was counted means nothing to it.
      id: limitId(settings, scope),
      counters,
    }),
    by,
    expected: ruleWords(settings),
    policy: policyOf(settings),
    countStatus,
    blockAddressMs: blockAddressFor === undefined ? undefined : durationMs(blockAddressFor),
    counts,
  }
}

/** What all counters of a rule begin with. The same name elsewhere is another rule, unless it is to be shared. */
export function ruleId(
  { name, across = limitDefaults.across }: Pick<LimitRuleSettings, 'name' | 'across'>,
  { host, route }: RuleScope,
): string {
  if (across === 'gateway') return `gateway\0${name}`
  return across === 'host' ? `host\0${host}\0${name}` : `route\0${host}\0${route}\0${name}`
}

/** What the counters of a limit begin with. */
export function limitId(settings: LimitRuleSettings, scope: RuleScope): string {
  return `${ruleId(settings, scope)}\0${limitOf(settings).kind}`
}

/** What the counters of a `bruteForce` rule begin with, by what they are of. */
export const guardPart = {
  account: (id: string) => `${id}\0account`,
  address: (id: string) => `${id}\0address`,
  /** Whether a device signed in to an account before. */
  known: (id: string) => `${id}\0known`,
  /** The tries of such a device. */
  own: (id: string) => `${id}\0own`,
} as const

/** A key that hangs on one object alone is made once for it, and with it the claim. */
export function claimMaker(
  sources: readonly CompiledSource[],
  rule: {
    readonly limit: Limit
    readonly cost: number
    readonly id: string
    readonly counters: Counters
  },
): ClaimOf {
  const { limit, cost, id, counters } = rule
  const isProven = sources.every((source) => source.isProven)
  const make: ClaimOf = (request) => {
    const parts = [id]
    const coarse = [id]
    for (const source of sources) {
      const value = source.value(request)
      if (value === undefined) return undefined
      parts.push(value)
      if (source.coarse !== undefined) coarse.push(source.coarse(request))
    }
    return { limit, key: counters.keyOf(parts, coarse), isProven, cost }
  }
  const [only] = sources
  const anchor = sources.length === 1 ? only?.anchor : undefined
  if (anchor === undefined) return make
  const made = new WeakMap<object, Claim>()
  return (request) => {
    const object = anchor(request)
    if (object === undefined) return undefined
    const known = made.get(object)
    if (known !== undefined) return known
    const claim = make(request)
    if (claim !== undefined) made.set(object, claim)
    return claim
  }
}

function limitOf(settings: LimitRuleSettings): Limit {
  const { limit = 1, per, perDayIn, atOnce, burst = limit } = settings
  if (atOnce !== undefined) return { kind: 'concurrency', maximum: atOnce }
  if (perDayIn !== undefined) return { kind: 'window', quota: limit, endOf: endOfDayIn(perDayIn) }
  // Rounded up: never more than was asked for.
  const intervalNs = Math.ceil((durationMs(per ?? '1m') * 1e6) / limit)
  return { kind: 'rate', intervalNs, toleranceNs: intervalNs * burst }
}
