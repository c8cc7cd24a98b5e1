import { createHash, type KeyObject } from 'node:crypto'
import path from 'node:path'
import { replaceFile } from '@sallyport/pki'
import type { FeedKey } from '@sallyport/wire'
import { parseFeedKeySet } from '../control/feed-messages.ts'
import { readPrivateFile } from '../control/private-file.ts'
import type { Log } from '../log/log.ts'
import { FeedKeyUnknown, FeedUnverified, readFeedJws } from './feed-jws.ts'
import { keyObjectOf, readFeedKeys } from './feed-key.ts'

/** As it is kept in `feed-keys.json` of the state directory. */
type KeptPins = {
  readonly version: 1
  /** SHA-256 of the configured file that it began with; null where the first answer was trusted. */
  readonly pinned: string | null
  /** Of the last key set that was followed; 0: none yet. */
  readonly number: number
  readonly keys: readonly FeedKey[]
}

/**
 * The keys that the feed is believed under: those of the configured file, and what was announced since, set after
 * set, each signed by a key of the set before. What was followed is kept, so that a restart needs no key that
 * has gone. Another configured file begins anew.
 */
export class FeedPins {
  readonly #file: string
  readonly #log: Log
  #pinned: string | undefined
  #kept: KeptPins | undefined
  #keys: ReadonlyMap<string, KeyObject> = new Map()

  /** @param pinned the text of the configured JWK Set; undefined where none is configured */
  constructor(directory: string, pinned: string | undefined, log: Log) {
    this.#file = path.join(directory, 'feed-keys.json')
    this.#pinned = pinned
    this.#log = log
  }

  /** By `kid`; empty where nothing is pinned and nobody was asked yet. */
  get keys(): ReadonlyMap<string, KeyObject> {
    return this.#keys
  }

  /** The number of the key set that was followed last. */
  get number(): number {
    return this.#kept?.number ?? 0
  }

  async load(): Promise<void> {
    const kept = await this.#read()
    const pinned = this.#pinned === undefined ? null : digestOf(this.#pinned)
    if (kept !== undefined && (pinned === null || kept.pinned === pinned)) this.#use(kept)
    else if (this.#pinned !== undefined) {
      const keys = readFeedKeys(JSON.parse(this.#pinned))
      this.#use({ version: 1, pinned, number: 0, keys })
    }
  }

  /** Takes another configured file: what it says counts, and nothing that was followed from the one before. */
  async pin(pinned: string | undefined): Promise<void> {
    if (pinned === this.#pinned) return
    this.#pinned = pinned
    await this.load()
  }

  /**
   * Follows key sets that the authority told, from the last one that is known.
   *
   * @param statements oldest first, each a compact JWS
   * @returns whether another set counts now
   */
  async follow(statements: readonly string[]): Promise<boolean> {
    if (this.#keys.size === 0) return this.#trustOnFirstUse(statements)
    const before = this.number
    for (const statement of statements) this.#followOne(statement)
    if (this.number === before) return false
    await this.#keep()
    this.#log.info({ number: this.number, kids: [...this.#keys.keys()] }, 'the feed has other keys')
    return true
  }

  #followOne(statement: string): void {
    let value: unknown
    try {
      value = readFeedJws(statement, this.#keys)
    } catch (error) {
      // Of before the set that is pinned, or behind one that is missing: what is signed tells.
      if (error instanceof FeedKeyUnknown) return
      throw error
    }
    const set = parseFeedKeySet(value)
    if (set.number <= this.number) return
    this.#use({
      version: 1,
      pinned: this.#kept?.pinned ?? null,
      number: set.number,
      keys: set.keys,
    })
  }

  /**
   * Where nothing was pinned, as after an upgrade: whoever answers under the CA of the authority is believed
   * once, and held to it from then on.
   */
  async #trustOnFirstUse(statements: readonly string[]): Promise<boolean> {
    const [first] = statements
    if (first === undefined) throw new FeedUnverified('the authority tells no key of its feed')
    const claimed = parseFeedKeySet(payloadOf(first))
    this.#use({ version: 1, pinned: null, number: 0, keys: claimed.keys })
    try {
      for (const statement of statements) this.#followOne(statement)
      if (this.number === 0) throw new FeedUnverified('the first key set is not signed by itself')
    } catch (error) {
      this.#kept = undefined
      this.#keys = new Map()
      throw error
    }
    await this.#keep()
    this.#log.warn(
      { code: 'feed_keys_unpinned', kids: [...this.#keys.keys()], file: this.#file },
      'the keys of the feed were trusted as they came, this once: pin them with gateway.authority.feedKeysFile (sallyport feed keys)',
    )
    return true
  }

  async #keep(): Promise<void> {
    await replaceFile(this.#file, `${JSON.stringify(this.#kept)}\n`)
  }

  #use(kept: KeptPins): void {
    this.#kept = kept
    this.#keys = new Map(kept.keys.map((key) => [key.kid, keyObjectOf(key)]))
  }

  async #read(): Promise<KeptPins | undefined> {
    const text = await readPrivateFile(this.#file)
    if (text === undefined) return undefined
    try {
      const kept = JSON.parse(text) as KeptPins
      if (kept.version !== 1 || !Number.isSafeInteger(kept.number)) throw new RangeError('version')
      return { ...kept, keys: readFeedKeys(kept) }
    } catch (error) {
      this.#log.error(
        { file: this.#file, error: String(error) },
        'the kept keys of the feed cannot be read: what is configured counts',
      )
      return undefined
    }
  }
}

function payloadOf(jws: string): unknown {
  try {
    return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8'))
  } catch {
    throw new FeedUnverified('a key set that is no JWS')
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
