import { randomBytes } from 'node:crypto'
import type { TrustedIssuer } from '@sallyport/wire'
import type { Trust } from '../worker/messages.ts'

const ticketLifeMs = 12 * 3_600_000

/** Keeps what workers believe, and tells them when it changes. */
export class TrustKeeper {
  readonly #spread: (trust: Trust) => void
  #shared: Uint8Array | undefined
  #trust: Trust
  readonly #timer: NodeJS.Timeout

  /** @param shared secret that other gateways derive ticket keys from as well, where there is one */
  constructor(shared: Uint8Array | undefined, spread: (trust: Trust) => void) {
    this.#shared = shared
    this.#spread = spread
    this.#trust = { revision: 0, issuers: [], ticketSecret: shared ?? randomBytes(32) }
    this.#timer = setInterval(() => this.#renewTickets(), ticketLifeMs)
    this.#timer.unref()
  }

  get current(): Trust {
    return this.#trust
  }

  /**
   * Believes these issuers from now on. Where trust was withdrawn no session of before is resumed: ticket
   * keys are new. Those of a shared secret cannot be, but they depend on the issuers as well.
   */
  believe(issuers: readonly TrustedIssuer[], isWithdrawn: boolean): void {
    const { revision, ticketSecret } = this.#trust
    this.#trust = {
      revision: revision + 1,
      issuers,
      ticketSecret: isWithdrawn ? this.#newSecret() : ticketSecret,
    }
    this.#spread(this.#trust)
  }

  share(secret: Uint8Array | undefined): void {
    if (secret?.join() === this.#shared?.join()) return
    this.#shared = secret
    this.#renewTickets()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #renewTickets(): void {
    this.#trust = { ...this.#trust, ticketSecret: this.#newSecret() }
    this.#spread(this.#trust)
  }

  #newSecret(): Uint8Array {
    return this.#shared ?? randomBytes(32)
  }
}
