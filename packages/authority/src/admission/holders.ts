import { networkOf } from '../enrollment/network-of.ts'

/** Networks that are remembered; each got in by a certificate of ours, so that no flood pushes them out. */
const maxNetworks = 65_536
/** So many connections a network may begin without another one that shows a certificate. */
const credit = 8
/** A holder who was served lately is one of many: the next one may come any moment. */
const lateMs = 1_000

/** `now`: milliseconds of a clock that only goes forward. */
export type HoldersOptions = { maxNetworks?: number; now?: () => number }

/**
 * Where holders of certificates call from, and how many are being served right now. Nobody knows who calls before
 * the handshake is done, and that is most of what a stranger costs: where a device was lately, it likely is again.
 */
export class Holders {
  readonly #maxNetworks: number
  readonly #now: () => number
  /** Connections that a network has left, the one that was seen longest ago first. */
  readonly #credits = new Map<string, number>()
  #atWork = 0
  #lastAtWork = Number.NEGATIVE_INFINITY
  /** How many connections were accepted, of whomever. */
  arrivals = 0

  constructor(options: HoldersOptions = {}) {
    this.#maxNetworks = options.maxNetworks ?? maxNetworks
    this.#now = options.now ?? (() => performance.now())
  }

  /** Notes that an active device called from an address. */
  note(address: string): void {
    const network = networkOf(address)
    this.#credits.delete(network)
    if (this.#credits.size >= this.#maxNetworks) {
      for (const oldest of this.#credits.keys()) {
        this.#credits.delete(oldest)
        break
      }
    }
    this.#credits.set(network, credit)
  }

  /** Whether a connection from there is likely a holder's: it takes one of those that the network has left. */
  expects(address: string): boolean {
    const network = networkOf(address)
    const left = this.#credits.get(network)
    if (left === undefined) return false
    if (left > 1) this.#credits.set(network, left - 1)
    else this.#credits.delete(network)
    return true
  }

  /** Whether a holder waits for something: strangers then take turns more rarely. */
  get areAtWork(): boolean {
    return this.#atWork > 0
  }

  /** Whether a holder is at work, or was within the last second. */
  get areAbout(): boolean {
    return this.areAtWork || this.#now() - this.#lastAtWork < lateMs
  }

  /** @returns what says that it is done; more than once does no harm */
  begin(): () => void {
    this.#atWork++
    let isDone = false
    return () => {
      if (isDone) return
      isDone = true
      this.#atWork--
      this.#lastAtWork = this.#now()
    }
  }
}
