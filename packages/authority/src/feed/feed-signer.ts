import { type FeedKey, type FeedMessage, maxFeedKeySets } from '@sallyport/wire'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import type { JwsKeys } from '../signer/jws-keys.ts'
import type { Signer } from '../signer/signer.ts'
import type { Store } from '../store/store.ts'

const minuteMs = 60_000

export type FeedSignerOptions = {
  readonly store: Store
  readonly signer: Pick<Signer, 'feed'>
  /** The keys of purpose `feed`. */
  readonly keys: JwsKeys
  readonly now: () => number
}

/**
 * Signs what gateways are told. Which keys count is said in numbered sets, each signed by a key of the set
 * before: whoever has pinned any of them follows from there to the newest, however long it was away. A key is in
 * a set long before it signs.
 */
export class FeedSigner {
  readonly #options: FeedSignerOptions
  #number = 0
  /** The `kid` of each key of the set in force. */
  #declared: ReadonlySet<string> = new Set()

  constructor(options: FeedSignerOptions) {
    this.#options = options
  }

  /** The number of the key set in force. */
  get number(): number {
    return this.#number
  }

  /** The keys of the set in force, and those that are about to be. */
  published(): FeedKey[] {
    return this.#options.keys.published()
  }

  async sign(message: FeedMessage): Promise<string> {
    return this.#sign(this.#options.keys.signing().keyName, message)
  }

  /** The key sets after a number, oldest first, as they were signed. */
  async setsAfter(number: number): Promise<string[]> {
    const rows = await this.#options.store.read
      .selectFrom('feed_key_sets')
      .select('statement')
      .where('number', '>', number)
      .orderBy('number')
      .limit(maxFeedKeySets)
      .execute()
    return rows.map(({ statement }) => statement)
  }

  /** Makes the key that is missing or due, and says so. */
  async renew(): Promise<void> {
    await this.#options.keys.renew()
    await this.refresh()
  }

  /** Takes up what another authority over this store did, and says which keys count where nobody has. */
  async refresh(): Promise<void> {
    const { keys, store } = this.#options
    await keys.refresh()
    const last = await store.read
      .selectFrom('feed_key_sets')
      .select(['number', 'kids'])
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst()
    this.#number = last?.number ?? 0
    this.#declared = new Set(last?.kids.split(' '))
    const published = this.published()
    const isSaid =
      published.length === this.#declared.size &&
      published.every(({ kid }) => this.#declared.has(kid))
    if (!isSaid) await this.#declare(published, keys.signing())
  }

  /**
   * Has another key sign at once, and the ones before count no more: where others may have one of them. It is the
   * last thing that the old key says.
   */
  async replaceKeys(actor: string): Promise<void> {
    const { keys, store, now } = this.#options
    await this.refresh()
    const before = keys.signing()
    const { kid } = await keys.replaceAll()
    const replacing = keys.published().filter((key) => key.kid === kid)
    await this.#declare(replacing, before)
    await store.write((tx) =>
      appendAudit(tx, {
        at: now(),
        actor,
        action: 'feed-key.replaced',
        subject: kid,
        detail: changed({ kid: before.kid }, { kid }),
      }),
    )
  }

  async #declare(
    published: readonly FeedKey[],
    by: { readonly keyName: string; readonly kid: string },
  ): Promise<void> {
    // One that nobody knows yet cannot vouch for itself: another authority over this store does.
    if (this.#number > 0 && !this.#declared.has(by.kid)) return
    const { store, now } = this.#options
    const at = now()
    // It rises also over a store that was restored: gateways take no number that is not above theirs.
    const number = Math.max(this.#number + 1, Math.floor(at / minuteMs))
    const keys = published
    const statement = await this.#sign(by.keyName, { type: 'keys', number, at, keys })
    const kids = published.map(({ kid }) => kid).join(' ')
    // Where another authority was first, its set of this number counts.
    await store.write((tx) =>
      tx
        .insertInto('feed_key_sets')
        .values({ number, at, kids, statement })
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    )
    const row = await store.read
      .selectFrom('feed_key_sets')
      .select('kids')
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    this.#number = number
    this.#declared = new Set(row.kids.split(' '))
  }

  async #sign(keyName: string, message: FeedMessage): Promise<string> {
    const { jws } = await this.#options.signer.feed({ keyName, payload: JSON.stringify(message) })
    return jws
  }
}
