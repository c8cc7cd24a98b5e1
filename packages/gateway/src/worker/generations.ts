import type { OpenGlass } from '../break-glass/open-glass.ts'
import type { HeldCredentials } from '../certificates/held-credentials.ts'
import type { Plan } from '../configuration/plan.ts'
import { closeCounters } from '../counters/counters-for.ts'
import { applyOverrides } from './apply-overrides.ts'
import {
  buildGeneration,
  closeUnused,
  type Generation,
  type GenerationOptions,
  renewTrust,
} from './generation.ts'
import type { Trust, WorkerStart } from './messages.ts'
import { workerTrust } from './worker-trust.ts'

export type GenerationsOptions = {
  readonly start: Pick<WorkerStart, 'plan' | 'trust' | 'openGlass'>
  readonly credentials: HeldCredentials
  /** What outlives every configuration. */
  readonly shared: Pick<GenerationOptions, 'status' | 'counters' | 'signer' | 'addresses' | 'log'>
}

/** The configuration in force and the one that may follow it, both true to what is known now. */
export class Generations {
  readonly #options: GenerationsOptions
  #trust: Trust
  #openGlass: readonly OpenGlass[]
  #current: Generation
  #prepared: { readonly number: number; readonly generation: Generation } | undefined

  constructor(options: GenerationsOptions) {
    const { plan, trust, openGlass } = options.start
    this.#options = options
    this.#trust = trust
    this.#openGlass = openGlass
    this.#current = this.#build(plan, undefined)
  }

  /** The one in force. */
  get current(): Generation {
    return this.#current
  }

  /**
   * Builds one that may be taken over, in place of what was prepared before.
   *
   * @throws Problem `config_invalid`, `config_unreadable`
   */
  prepare(number: number, plan: Plan): void {
    this.forgetPrepared()
    this.#prepared = { number, generation: this.#build(plan, this.#current) }
  }

  /**
   * Puts what was prepared in force.
   *
   * @returns the one before, to be left when nothing stands on it any more; undefined where another or
   *   none was prepared
   */
  commit(number: number): Generation | undefined {
    const prepared = this.#prepared
    if (prepared?.number !== number) return undefined
    const before = this.#current
    this.#prepared = undefined
    this.#current = prepared.generation
    return before
  }

  forgetPrepared(): void {
    const prepared = this.#prepared
    this.#prepared = undefined
    if (prepared !== undefined) this.leave(prepared.generation)
  }

  /** Closes of a generation what the one in force does not use. */
  leave(generation: Generation): void {
    closeUnused(generation.upstreams, this.#current)
    closeCounters(generation.services.counters, this.#current.services.counters)
  }

  believe(trust: Trust): void {
    this.#trust = trust
    this.renewIdentities()
  }

  /** Trust or credentials are others now. */
  renewIdentities(): void {
    const { credentials } = this.#options
    for (const generation of this.#all()) {
      const trust = workerTrust(this.#trust, generation.plan.allowDevelopment)
      renewTrust(generation, trust, credentials.current)
    }
  }

  useGlass(open: readonly OpenGlass[]): void {
    this.#openGlass = open
    for (const generation of this.#all()) applyOverrides(generation, open)
  }

  /** Closes what the one in force holds open. */
  close(): void {
    closeUnused(this.#current.upstreams, undefined)
    closeCounters(this.#current.services.counters, undefined)
  }

  #all(): Generation[] {
    const prepared = this.#prepared?.generation
    return prepared === undefined ? [this.#current] : [this.#current, prepared]
  }

  #build(plan: Plan, previous: Generation | undefined): Generation {
    const { shared, credentials } = this.#options
    const generation = buildGeneration(plan, {
      ...shared,
      trust: workerTrust(this.#trust, plan.allowDevelopment),
      credentials: credentials.current,
      previous,
    })
    applyOverrides(generation, this.#openGlass)
    return generation
  }
}
