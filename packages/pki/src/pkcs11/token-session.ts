import { Problem } from '@sallyport/problem'
import {
  alreadyLoggedIn,
  ck,
  type Cryptoki,
  cryptokiCode,
  type Handle,
  lostCodes,
  pinCodes,
} from './cryptoki.ts'
import { type CryptokiModule, openModule } from './cryptoki-module.ts'

export type TokenOptions = {
  /** Absolute path of the shared library. */
  module: string
  /** Label of the token. */
  token: string
  /** Asked once for each login. */
  pin: () => string
}

/** How many signatures are made side by side: each session makes one at a time. */
const sessionCount = 4

type Open = {
  readonly cryptoki: Cryptoki
  readonly epoch: number
  readonly slot: Handle
  readonly idle: Handle[]
  readonly waiting: ((session: Handle) => void)[]
}

/** No slot has the token now, or what was in it is not. */
export class TokenAbsent extends Problem {}

type Work<T> = (cryptoki: Cryptoki, session: Handle) => T | Promise<T>

/**
 * A token that is logged in to. Sessions that the token lost are opened again, and what was asked is asked
 * once more; where that does not help, once more after its module began anew, so that a token that was taken out and
 * put back is found without a restart. A PIN that was refused is never tried a second time: tokens lock after a few.
 */
export class TokenSessions {
  readonly #options: TokenOptions
  #open: Open | undefined
  #refused: Problem | undefined
  /** Tells handles of before and after a loss apart. */
  #generation = 0

  constructor(options: TokenOptions) {
    this.#options = options
  }

  get generation(): number {
    return this.#generation
  }

  /** @throws Problem `hardware_token_unavailable`, `hardware_token_pin_refused`, and those of the work */
  async use<T>(work: Work<T>): Promise<T> {
    const module = openModule(this.#options.module)
    try {
      return await this.#attempt(module, work)
    } catch (error) {
      if (!isLost(error)) throw this.#problemOf(error)
    }
    try {
      return await this.#attempt(module, work)
    } catch (error) {
      if (!isLost(error) || !(await module.restart())) throw this.#problemOf(error)
    }
    try {
      return await this.#attempt(module, work)
    } catch (error) {
      throw this.#problemOf(error)
    }
  }

  #attempt<T>(module: CryptokiModule, work: Work<T>): Promise<T> {
    return module.run(async () => {
      const open = this.#current(module)
      const session =
        open.idle.pop() ?? (await new Promise<Handle>((resolve) => open.waiting.push(resolve)))
      try {
        return await work(open.cryptoki, session)
      } catch (error) {
        if (isLost(error)) this.#forget(open)
        throw error
      } finally {
        const next = open.waiting.shift()
        if (next !== undefined) next(session)
        else open.idle.push(session)
      }
    })
  }

  #current(module: CryptokiModule): Open {
    if (this.#open?.epoch !== module.epoch) this.#open = undefined
    this.#open ??= this.#login(module)
    return this.#open
  }

  #login({ cryptoki, epoch }: CryptokiModule): Open {
    if (this.#refused !== undefined) throw this.#refused
    const slot = this.#slotOf(cryptoki)
    const idle = Array.from({ length: sessionCount }, () =>
      cryptoki.C_OpenSession(slot, ck.sessionFlags),
    )
    const [first] = idle
    if (first !== undefined) this.#authenticate(cryptoki, slot, first)
    this.#generation += 1
    return { cryptoki, epoch, slot, idle, waiting: [] }
  }

  #slotOf(cryptoki: Cryptoki): Handle {
    const labels: string[] = []
    for (const slot of cryptoki.C_GetSlotList(true)) {
      const label = cryptoki.C_GetTokenInfo(slot).label.replace(/[ \0]+$/, '')
      if (label === this.#options.token) return slot
      labels.push(label)
    }
    throw new TokenAbsent('hardware_token_unavailable', {
      expected: `a token with the label ${this.#options.token}`,
      found: labels.map((label) => JSON.stringify(label)).join(', ') || 'none',
    })
  }

  #authenticate(cryptoki: Cryptoki, slot: Handle, session: Handle): void {
    const { flags } = cryptoki.C_GetTokenInfo(slot)
    // Also after a restart, which a supervisor makes without end: the token itself remembers.
    if ((flags & (ck.pinCountLow | ck.pinFinalTry | ck.pinLocked)) !== 0) {
      throw this.#refuse(
        (flags & ck.pinLocked) === 0
          ? 'a token that a wrong PIN was tried at, and no right one since'
          : 'a token whose PIN is locked',
      )
    }
    try {
      cryptoki.C_Login(session, ck.user, this.#options.pin())
    } catch (error) {
      const code = cryptokiCode(error)
      if (code === alreadyLoggedIn) return
      if (code === undefined || !pinCodes.has(code)) throw error
      cryptoki.C_CloseAllSessions(slot)
      throw this.#refuse(error instanceof Error ? error.message : String(code))
    }
  }

  #refuse(found: string): Problem {
    this.#refused = new Problem('hardware_token_pin_refused', {
      expected: `the PIN of the token ${this.#options.token}`,
      found,
    })
    return this.#refused
  }

  /** Of several whose sessions were lost, the first forgets them, and none those that were opened since. */
  #forget(open: Open): void {
    if (this.#open !== open) return
    this.#open = undefined
    try {
      open.cryptoki.C_CloseAllSessions(open.slot)
    } catch (error) {
      // They may be gone with the token that they were of.
      if (cryptokiCode(error) === undefined) throw error
    }
  }

  #problemOf(error: unknown): unknown {
    const code = cryptokiCode(error)
    if (code === undefined) return error
    return new Problem('hardware_token_unavailable', {
      detail: `the token ${this.#options.token}`,
      found: error instanceof Error ? error.message : String(code),
      cause: error,
    })
  }
}

/** Whether opening it again may help. */
function isLost(error: unknown): boolean {
  return error instanceof TokenAbsent || lostCodes.has(cryptokiCode(error) ?? -1)
}
