import { Problem } from '@sallyport/problem'

export type FewAtOnceOptions = {
  /** How many pieces of one key run at the same time. */
  most: number
  /** How many more of it wait. */
  maxWaiting: number
}

type State = { running: number; readonly waiting: (() => void)[] }

/**
 * Has those who ask under one key wait for one another, so that whoever asks without end has few places in a lane,
 * where all are served in the order in which they came.
 */
export class FewAtOnce {
  readonly #options: FewAtOnceOptions
  /** Of what runs alone: nothing of a key is left behind. */
  readonly #states = new Map<string, State>()

  constructor(options: FewAtOnceOptions) {
    this.#options = options
  }

  /** @throws Problem `authority_busy` where too many of the key wait already; what `work` throws */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const state = this.#states.get(key) ?? { running: 0, waiting: [] }
    this.#states.set(key, state)
    await this.#turn(state)
    try {
      return await work()
    } finally {
      this.#done(key, state)
    }
  }

  async #turn(state: State): Promise<void> {
    const { most, maxWaiting } = this.#options
    if (state.running < most) {
      state.running++
      return
    }
    if (state.waiting.length >= maxWaiting) {
      throw new Problem('authority_busy', {
        expected: `at most ${most + maxWaiting} at once`,
        found: 'one more',
        retryAfterSeconds: 5,
      })
    }
    await new Promise<void>((resolve) => state.waiting.push(resolve))
  }

  /** Hands the place on to the next of the key. */
  #done(key: string, state: State): void {
    const next = state.waiting.shift()
    if (next !== undefined) return next()
    state.running--
    if (state.running === 0) this.#states.delete(key)
  }
}
