import { createHash, randomBytes } from 'node:crypto'
import type { Log } from '../../log/log.ts'
import type { CounterKey } from '../counter-key.ts'
import {
  type Claim,
  type Counters,
  CountersUnavailable,
  type Standing,
  type Taken,
} from '../counters.ts'
import { argumentsOf, readTaken } from './claim-arguments.ts'
import { giveBackScript, takeScript } from './limit-scripts.ts'
import { OpenLeases } from './open-leases.ts'
import { RedisLink, type RedisPlan } from './redis-link.ts'

/** What is done when Redis is away: count in this gateway alone, refuse, or let through. */
export const awayPolicies = ['local', 'closed', 'open'] as const
export type AwayPolicy = (typeof awayPolicies)[number]

/** Counts together with other gateways, in Redis: one round trip for all limits of a request. */
export class RedisCounters implements Counters {
  readonly #local: Counters
  readonly #link: RedisLink
  readonly #prefix: string
  readonly #whenAway: AwayPolicy
  readonly #names = new WeakMap<CounterKey, string>()
  readonly #leases: OpenLeases
  /** Members of the sets of requests under way are this, and a number. */
  readonly #id = randomBytes(9).toString('base64url')
  #entered = 0

  constructor(plan: RedisPlan, whenAway: AwayPolicy, local: Counters, log: Log) {
    this.#local = local
    this.#link = new RedisLink(plan, log)
    this.#prefix = plan.keyPrefix
    this.#whenAway = whenAway
    this.#leases = new OpenLeases(this.#link)
  }

  /** What became of what was asked of Redis. */
  get counts(): RedisLink['counts'] {
    return this.#link.counts
  }

  keyOf(parts: readonly string[], coarseParts?: readonly string[]): CounterKey {
    return this.#local.keyOf(parts, coarseParts)
  }

  async once(key: Uint8Array, untilMs: number): Promise<boolean> {
    const lifeMs = Math.ceil(untilMs - Date.now())
    if (lifeMs <= 0) return false
    const name = `${this.#prefix}:once:${Buffer.from(key).toString('base64url')}`
    try {
      const answer = await this.#link.ask((client) => client.set(name, '1', 'PX', lifeMs, 'NX'))
      return answer === 'OK'
    } catch (error) {
      // Open would let every proof in twice: what this gateway saw itself is the least it knows.
      if (this.#whenAway === 'closed' || !(error instanceof CountersUnavailable)) throw error
      return this.#local.once(key, untilMs)
    }
  }

  async take(claims: readonly Claim[]): Promise<Taken> {
    const first = this.#entered
    this.#entered += claims.length
    const names = claims.map(({ key }) => this.#nameOf(key))
    const args = claims.flatMap((claim, index) => argumentsOf(claim, this.#member(first + index)))
    try {
      const taken = readTaken(await this.#link.run(takeScript, names, args), claims.length, first)
      if (taken.refused < 0) this.#opened(claims, names, first)
      return taken
    } catch (error) {
      if (!(error instanceof CountersUnavailable)) throw error
      if (this.#whenAway === 'closed') throw error
      return this.#whenAway === 'local' ? this.#local.take(claims) : admitAll(claims)
    }
  }

  giveBack(claim: Claim, standing: Standing): void {
    if (standing.level === 'nowhere' || !standing.isAdmitted) return
    if (standing.level !== 'redis') {
      this.#local.giveBack(claim, standing)
      return
    }
    const name = this.#nameOf(claim.key)
    const { kind } = claim.limit
    const interval = claim.limit.kind === 'rate' ? claim.limit.intervalNs / 1_000 : 0
    const member = this.#member(standing.mark)
    if (kind === 'concurrency') this.#leases.delete(member)
    const args = [kind, claim.cost, interval, standing.mark, standing.before, member]
    // Lost, it costs the caller what it took, and is counted among the failures.
    this.#link.run(giveBackScript, [name], args).catch(() => {})
  }

  forget(key: CounterKey, isProven: boolean): void {
    this.#local.forget(key, isProven)
    // Where Redis is away it is counted among the failures, and the operator lifts again.
    this.#link.ask((client) => client.del(this.#nameOf(key))).catch(() => {})
  }

  async remembers(key: CounterKey): Promise<boolean> {
    try {
      const answer = await this.#link.ask((client) => client.get(this.#nameOf(key)))
      return answer !== null
    } catch (error) {
      if (!(error instanceof CountersUnavailable)) throw error
      return this.#local.remembers(key)
    }
  }

  remember(key: CounterKey, untilMs: number): void {
    this.#local.remember(key, untilMs)
    const lifeMs = Math.max(1, Math.ceil(untilMs - Date.now()))
    this.#link.ask((client) => client.set(this.#nameOf(key), '1', 'PX', lifeMs)).catch(() => {})
  }

  close(): void {
    this.#leases.close()
    this.#link.close()
  }

  #opened(claims: readonly Claim[], names: readonly string[], first: number): void {
    for (const [index, { limit }] of claims.entries()) {
      if (limit.kind !== 'concurrency') continue
      this.#leases.add(this.#member(first + index), names[index] ?? '')
    }
  }

  #member(number: number): string {
    return `${this.#id}:${number}`
  }

  // Hashed, so that who reads Redis does not read whom limits count.
  #nameOf(key: CounterKey): string {
    let name = this.#names.get(key)
    if (name === undefined) {
      const digest = createHash('sha256').update(JSON.stringify(key.parts)).digest()
      name = `${this.#prefix}:${digest.toString('base64url', 0, 16)}`
      this.#names.set(key, name)
    }
    return name
  }
}

function admitAll(claims: readonly Claim[]): Taken {
  const standings = claims.map(
    (): Standing => ({
      isAdmitted: true,
      remaining: 0,
      resetMs: 0,
      retryMs: 0,
      mark: 0,
      before: 0,
      level: 'nowhere',
    }),
  )
  return { standings, refused: -1 }
}
