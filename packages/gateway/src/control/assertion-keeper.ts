import path from 'node:path'
import { replaceFile } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import {
  type KeyRing,
  keySet,
  newAssertionKey,
  type PublicJwk,
  publicJwk,
  readAssertionKey,
} from '../assertion/key-ring.ts'
import type { AssertionKey } from '../assertion/sign-assertion.ts'
import type { AssertionKeysPlan } from '../configuration/assertion-plan.ts'
import type { Log } from '../log/log.ts'
import type { Address } from '../worker/messages.ts'
import { type KeyPair, type KeySetListener, startKeySetListener } from './key-set-listener.ts'
import { readPrivateFile } from './private-file.ts'

/** The gateway's own keys on disk, `assertion-keys.json` in its state directory. */
type KeptKeys = {
  readonly version: 1
  /** Milliseconds: since when `current` signs. */
  readonly since: number
  readonly previous?: PublicJwk
  /** PKCS#8 in PEM. */
  readonly current: string
  readonly next: string
}

const dayMs = 86_400_000
const lookMs = 60_000

/**
 * The keys that assertions are signed with: made at first use, kept in the state directory, rotated,
 * published, and handed to the workers. They never leave the machine, unless the operator brings them.
 */
export class AssertionKeeper {
  readonly #file: string
  readonly #log: Log
  readonly #onKey: (key: AssertionKey) => void
  readonly #now: () => number
  #plan: AssertionKeysPlan | undefined
  #kept: KeptKeys | undefined
  #ring: KeyRing | undefined
  #timer: NodeJS.Timeout | undefined
  #listener: KeySetListener | undefined

  /** @param onKey told whenever another key signs */
  constructor(
    stateDirectory: string,
    log: Log,
    onKey: (key: AssertionKey) => void,
    now: () => number = Date.now,
  ) {
    this.#file = path.join(stateDirectory, 'assertion-keys.json')
    this.#log = log
    this.#onKey = onKey
    this.#now = now
  }

  get current(): AssertionKey | undefined {
    return this.#ring?.current
  }

  /** What is published (RFC 7517 §5); empty where nothing is signed. */
  keySet(): { readonly keys: readonly PublicJwk[] } {
    return this.#ring === undefined ? { keys: [] } : keySet(this.#ring)
  }

  /**
   * Has a key ready before a configuration is taken over that signs with it.
   *
   * @param plan undefined where nothing is signed: what was there before goes on
   */
  async prepare(plan: AssertionKeysPlan | undefined): Promise<void> {
    if (plan === undefined) return
    this.#plan = plan
    clearInterval(this.#timer)
    if (plan.shared === undefined) {
      await this.#takeUp()
      this.#timer = setInterval(() => void this.#rotateWhenDue(), lookMs)
      this.#timer.unref()
    } else {
      const [first, ...others] = plan.shared.map(readAssertionKey)
      if (first === undefined) throw new TypeError('A list of keys has at least one')
      this.#use({ current: first, others: others.map((key) => publicJwk(key.privateKey)) })
    }
  }

  /**
   * Serves the key set at an address of its own.
   *
   * @param pair undefined where it is served in plain HTTP
   * @throws Problem `port_in_use`
   */
  async publish(address: Address, pair: KeyPair | undefined): Promise<void> {
    this.#listener = await startKeySetListener(address, pair, () => this.keySet())
  }

  /** Where services fetch the key set; undefined where it is served nowhere. */
  get publishedAt(): Address | undefined {
    return this.#listener?.address
  }

  /** Shows another certificate to those who fetch the key set. */
  renewPair(pair: KeyPair | undefined): void {
    if (pair !== undefined) this.#listener?.renew(pair)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#listener?.close()
  }

  async #takeUp(): Promise<void> {
    this.#kept ??= await this.#read()
    if (this.#kept === undefined) {
      await this.#keep({ version: 1, since: this.#now(), current: newPem(), next: newPem() }).catch(
        (cause: unknown) => {
          const said = cause instanceof Error ? cause.message : String(cause)
          const detail = `the keys of assertions cannot be kept in ${this.#file}: ${said}`
          throw new Problem('start_failed', { detail, cause })
        },
      )
    } else this.#useKept(this.#kept)
    await this.#rotateWhenDue()
  }

  async #rotateWhenDue(): Promise<void> {
    const kept = this.#kept
    const plan = this.#plan
    if (kept === undefined || plan === undefined) return
    if (this.#now() - kept.since < plan.rotateDays * dayMs) return
    try {
      await this.#keep({
        version: 1,
        since: this.#now(),
        previous: publicJwk(readAssertionKey(kept.current).privateKey),
        current: kept.next,
        next: newPem(),
      })
      this.#log.info({ kid: this.current?.kid }, 'assertions are signed with the next key')
    } catch (error) {
      this.#log.error({ error: String(error) }, 'the keys of assertions could not be rotated')
    }
  }

  /** On disk first: a key that services have learned must not be lost. */
  async #keep(kept: KeptKeys): Promise<void> {
    await replaceFile(this.#file, `${JSON.stringify(kept)}\n`)
    this.#kept = kept
    this.#useKept(kept)
  }

  async #read(): Promise<KeptKeys | undefined> {
    const text = await readPrivateFile(this.#file)
    if (text === undefined) return undefined
    try {
      const kept = JSON.parse(text) as KeptKeys
      if (kept.version !== 1) throw new TypeError(`version ${String(kept.version)}`)
      readAssertionKey(kept.current)
      readAssertionKey(kept.next)
      return kept
    } catch (error) {
      // Services that fetch the key set learn the new key by themselves.
      this.#log.error(
        { file: this.#file, error: String(error) },
        'the kept keys of assertions cannot be read: new ones are made',
      )
      return undefined
    }
  }

  #useKept({ previous, current, next }: KeptKeys): void {
    const others = [publicJwk(readAssertionKey(next).privateKey)]
    if (previous !== undefined) others.push(previous)
    this.#use({ current: readAssertionKey(current), others })
  }

  #use(ring: KeyRing): void {
    const isNew = this.#ring?.current.kid !== ring.current.kid
    this.#ring = ring
    if (isNew) this.#onKey(ring.current)
  }
}

function newPem(): string {
  return newAssertionKey().privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}
