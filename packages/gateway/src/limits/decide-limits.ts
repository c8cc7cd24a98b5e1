import type { Claim, Counters, Standing, Taken } from '../counters/counters.ts'
import type { Addresses } from '../addresses/addresses.ts'
import type { Outcome } from '../exchange/exchange.ts'
import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import { type Decide, pass, type Refusal, type Verdict } from '../pipeline/stage.ts'
import type { BruteForceRule, Try } from './brute-force.ts'
import type { LimitRule } from './limit-rule.ts'
import type { LimitsSettings } from './limit-settings.ts'
import { standingOf } from './rate-limit-fields.ts'
import { standingWords } from './refusal-words.ts'

export type LimitsRuntime = {
  readonly rules: readonly LimitRule[]
  readonly guards: readonly BruteForceRule[]
  readonly fields: NonNullable<LimitsSettings['fields']>
  readonly counters: Counters
  readonly addresses: Addresses
}

/** One claim of a request, and whose it is. */
type Asked = {
  readonly claim: Claim
  readonly rule: LimitRule | undefined
  readonly guard: BruteForceRule | undefined
}

const none: readonly Begun[] = []

type Begun = { readonly guard: BruteForceRule; readonly attempt: Try }

/** Asks all limits of a route at once: the request is taken from every one of them, or from none. */
export function decideLimits(runtime: LimitsRuntime): Decide {
  const { rules, guards, counters } = runtime
  const policies = rules.flatMap(({ policy }) => policy ?? []).join(', ')
  const take = (request: GatewayRequest, begun: readonly Begun[]): Verdict | Promise<Verdict> => {
    const asked: Asked[] = []
    const claims: Claim[] = []
    for (const rule of rules) {
      const claim = rule.claimOf(request)
      if (claim === undefined) continue
      claims.push(claim)
      asked.push({ claim, rule, guard: undefined })
    }
    for (const { guard, attempt } of begun) {
      for (const claim of attempt.claims) {
        claims.push(claim)
        asked.push({ claim, rule: undefined, guard })
      }
    }
    if (claims.length === 0) return pass
    const question: Question = { asked, begun, policies }
    const taken = counters.take(claims)
    return taken instanceof Promise
      ? taken.then((later) => conclude(runtime, request, question, later))
      : conclude(runtime, request, question, taken)
  }
  if (guards.length === 0) return (request) => take(request, none)
  return async (request) => {
    const begun = await Promise.all(
      guards.map(async (guard) => ({ guard, attempt: await guard.begin(request) })),
    )
    return take(request, begun)
  }
}

type Question = {
  readonly asked: readonly Asked[]
  readonly begun: readonly Begun[]
  readonly policies: string
}

function conclude(
  runtime: LimitsRuntime,
  request: GatewayRequest,
  question: Question,
  { standings, refused }: Taken,
): Verdict {
  const { asked, begun, policies } = question
  const { fields } = runtime
  if (refused >= 0) {
    const against = asked[refused] as Asked
    const standing = standings[refused] as Standing
    const owner = against.rule ?? against.guard
    if (owner !== undefined) owner.counts.refused++
    const { guard } = against
    const isToBlame =
      guard === undefined ||
      standings.some((each, index) => {
        const { claim, guard: owner } = asked[index] as Asked
        return owner === guard && guard.hasFailed(claim, each)
      })
    return refuse(runtime, request, { against, standing, policies, isToBlame })
  }
  let isKept = begun.length > 0
  for (const { rule } of asked) {
    if (rule === undefined) continue
    rule.counts.admitted++
    if (rule.countStatus !== undefined || rule.limit.kind === 'concurrency') isKept = true
  }
  for (const { guard } of begun) guard.counts.admitted++
  if (isKept)
    request.exchange.onDone((outcome) => settle(runtime, request, question, standings, outcome))
  if (fields === 'always' && policies !== '') {
    const left = asked.flatMap(({ rule }, index) =>
      rule === undefined ? [] : standingOf(rule.name, standings[index] as Standing),
    )
    request.addAnswerField('RateLimit-Policy', policies)
    if (left.length > 0) request.addAnswerField('RateLimit', left.join(', '))
  }
  return pass
}

function refuse(
  { fields, addresses }: LimitsRuntime,
  request: GatewayRequest,
  found: {
    readonly against: Asked
    readonly standing: Standing
    readonly policies: string
    readonly isToBlame: boolean
  },
): Refusal {
  const { against, standing, policies, isToBlame } = found
  const { rule, guard } = against
  const owner = (rule ?? guard) as LimitRule | BruteForceRule
  const { name, blockAddressMs } = owner
  if (blockAddressMs !== undefined && isToBlame && request.isInForce) {
    addresses.block(request.caller.address, blockAddressMs, `limit ${name}`)
  }
  const isOpen = rule?.limit.kind === 'concurrency'
  const headers =
    fields === 'never' || rule === undefined
      ? []
      : ['RateLimit-Policy', policies, 'RateLimit', standingOf(name, standing)]
  return {
    code: guard === undefined ? (isOpen ? 'too_many_at_once' : 'quota_exceeded') : 'tries_delayed',
    check: name,
    expected:
      rule === undefined
        ? 'no try before the wait is over that follows failures'
        : `${rule.expected}, for ${rule.by === 'all' ? 'all together' : `each ${rule.by}`}`,
    found: standingWords(against.claim, standing, guard?.whomOf(against.claim) ?? rule?.by ?? name),
    // When one of those under way ends, nobody knows.
    retryAfterSeconds: isOpen ? 1 : Math.max(1, Math.ceil(standing.retryMs / 1_000)),
    violatedPolicies: [name],
    headers,
  }
}

/** The answer is known: what does not count is given back, and whoever signed in is remembered. */
function settle(
  { counters }: LimitsRuntime,
  request: GatewayRequest,
  { asked, begun }: Question,
  standings: readonly Standing[],
  outcome: Outcome,
): void {
  for (const [index, { claim, rule, guard }] of asked.entries()) {
    const isCounted =
      rule?.limit.kind !== 'concurrency' &&
      counts(rule?.countStatus ?? guard?.failures, request, outcome)
    if (!isCounted) counters.giveBack(claim, standings[index] as Standing)
  }
  const { upstreamStatus = 0 } = outcome
  // The page with the form is there for everyone: nobody signs in by looking at it.
  if (safeMethods.has(request.exchange.method)) return
  for (const { guard, attempt } of begun) {
    if (attempt.known !== undefined && guard.isSuccess(upstreamStatus)) {
      counters.remember(attempt.known, Date.now() + guard.rememberMs)
    }
  }
}

// Where the service may have seen a request whose answer nobody knows, it counts: or to hang up would be the
// way to guess without being counted.
function counts(
  statuses: readonly number[] | undefined,
  { refusal }: GatewayRequest,
  { upstreamStatus, code }: Outcome,
): boolean {
  if (statuses === undefined) return true
  if (upstreamStatus !== undefined) return statuses.includes(upstreamStatus)
  return refusal === undefined && !neverSent.has(code ?? '')
}

/** RFC 9110 §9.2.1. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

const neverSent: ReadonlySet<string> = new Set([
  'upstream_unreachable',
  'upstream_untrusted',
  'upstream_busy',
  'upstream_unavailable',
])
