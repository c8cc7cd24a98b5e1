import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { fromBase64url } from '@sallyport/wire'

/** A new nonce each minute, and each is good for five: so old ones need not be remembered for long. */
const slotMs = 60_000
const lifeSlots = 5
/** Clocks of gateways that share the secret may be a minute apart. */
const aheadSlots = 1

const slotBytes = 4
const macBytes = 16

/** A nonce of ours that still counts. */
export type KnownNonce = {
  /** Milliseconds of the wall clock: from then on it does not count. */
  readonly until: number
  /** Whether a newer one is due to whoever used it. */
  readonly isLatest: boolean
}

/**
 * Nonces for DPoP proofs (RFC 9449 §8, §9) that nobody needs to keep: the number of the minute, and a MAC
 * of it. Whoever has the secret knows them all: the workers of a gateway, and other gateways that were given the
 * same. A nonce says when a proof was made by our clock, so that the clock of the phone does not matter.
 *
 * Not bound to a client: RFC 9449 does not ask for it, and the proof is bound to one by its key.
 */
export class DpopNonces {
  #current: NonceKey
  #previous: NonceKey | undefined

  /** @param secret 32 bytes */
  constructor(secret: Uint8Array) {
    this.#current = new NonceKey(secret)
  }

  /** Goes over to another secret. Nonces under the one before count until they are old. */
  rekey(secret: Uint8Array): void {
    const next = new NonceKey(secret)
    if (timingSafeEqual(next.key, this.#current.key)) return
    this.#previous = this.#current
    this.#current = next
  }

  /** The nonce to hand out at a time in milliseconds. */
  latest(now: number): string {
    return this.#current.nonceOf(Math.floor(now / slotMs))
  }

  /** @returns undefined where it is not ours, or is old */
  check(nonce: string, now: number): KnownNonce | undefined {
    const slot = slotOf(nonce)
    const nowSlot = Math.floor(now / slotMs)
    if (slot === undefined || slot <= nowSlot - lifeSlots || slot > nowSlot + aheadSlots) {
      return undefined
    }
    const isCurrent = isEqual(nonce, this.#current.nonceOf(slot))
    if (!isCurrent && (!this.#previous || !isEqual(nonce, this.#previous.nonceOf(slot)))) {
      return undefined
    }
    return { until: (slot + lifeSlots) * slotMs, isLatest: isCurrent && slot >= nowSlot }
  }
}

/** A key for nonces, and the few nonces of the moment under it. */
class NonceKey {
  readonly key: Uint8Array
  readonly #made = new Map<number, string>()

  constructor(secret: Uint8Array) {
    this.key = new Uint8Array(hkdfSync('sha256', secret, '', 'sallyport-dpop-nonce-v1', 32))
  }

  nonceOf(slot: number): string {
    const made = this.#made.get(slot)
    if (made !== undefined) return made
    const bytes = Buffer.alloc(slotBytes + macBytes)
    bytes.writeUInt32BE(slot)
    const mac = createHmac('sha256', this.key).update(bytes.subarray(0, slotBytes)).digest()
    mac.copy(bytes, slotBytes, 0, macBytes)
    // Slots that may be asked for are few, and all of the present.
    if (this.#made.size > 4 * lifeSlots) this.#made.clear()
    const nonce = bytes.toString('base64url')
    this.#made.set(slot, nonce)
    return nonce
  }
}

const nonceCharacters = Math.ceil(((slotBytes + macBytes) * 8) / 6)

function slotOf(nonce: string): number | undefined {
  if (nonce.length !== nonceCharacters) return undefined
  const bytes = fromBase64url(nonce)
  return bytes === undefined ? undefined : new DataView(bytes.buffer).getUint32(0)
}

function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'))
}
