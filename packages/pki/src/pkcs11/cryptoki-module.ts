import { type Cryptoki, cryptokiCode, initialize, loadCryptoki } from './cryptoki.ts'

/** A module that begins anew looks at every slot, which takes a network HSM a while. */
const restartEveryMs = 1_000

const modules = new Map<string, CryptokiModule>()

/** @throws Problem `hardware_token_unavailable` */
export function openModule(path: string): CryptokiModule {
  const known = modules.get(path)
  if (known !== undefined) return known
  const made = new CryptokiModule(loadCryptoki(path))
  modules.set(path, made)
  return made
}

/**
 * The module of a token, one for the process. Which tokens there are it looks for when it begins, and some never
 * find one again that was away: it can begin anew, once nothing is under way in it (PKCS#11 §5.4: what other threads
 * do meanwhile is undefined).
 */
export class CryptokiModule {
  readonly cryptoki: Cryptoki
  #epoch = 0
  #running = 0
  #onIdle: (() => void) | undefined
  #restarting: Promise<void> | undefined
  #restartedAt = Number.NEGATIVE_INFINITY

  constructor(cryptoki: Cryptoki) {
    this.cryptoki = cryptoki
  }

  /** Handles of sessions and keys are of one epoch: in the next, the same number may be another key's. */
  get epoch(): number {
    return this.#epoch
  }

  /** Does something with it, which it does not begin anew under. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    while (this.#restarting !== undefined) await this.#restarting
    this.#running += 1
    try {
      return await work()
    } finally {
      this.#running -= 1
      if (this.#running === 0) this.#onIdle?.()
    }
  }

  /** Begins anew, unless it did so just now. @returns whether it did, for this or for another who asked */
  async restart(): Promise<boolean> {
    if (this.#restarting === undefined) {
      if (performance.now() - this.#restartedAt < restartEveryMs) return false
      this.#restarting = this.#restart().finally(() => {
        this.#restarting = undefined
      })
    }
    await this.#restarting
    return true
  }

  async #restart(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
      this.#onIdle = undefined
    }
    this.#epoch += 1
    this.#restartedAt = performance.now()
    try {
      this.cryptoki.C_Finalize()
    } catch (error) {
      // It may have ended by itself, or never have begun again.
      if (cryptokiCode(error) === undefined) throw error
    }
    try {
      initialize(this.cryptoki)
    } catch (error) {
      // What is asked next says so: it is not initialized.
      if (cryptokiCode(error) === undefined) throw error
    }
  }
}
