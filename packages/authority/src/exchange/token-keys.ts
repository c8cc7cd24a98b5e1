import { createPublicKey } from 'node:crypto'
import type { KeyProvider } from '@sallyport/pki'
import type { Logger } from 'pino'
import { appendAudit } from '../audit/audit-log.ts'
import type { AuthorityConfig } from '../config/authority-config.ts'
import { openOrCreateKey } from '../issuers/roots.ts'
import type { Store } from '../store/store.ts'
import type { TokenKeyRow } from '../store/tables.ts'
import { type PublicTokenKey, publicTokenKey, type TokenKey } from './sign-token.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** A key signs for this long. */
const signsForMs = 90 * dayMs
/** It is published before it signs, so that every gateway has it by then. */
const publishedBeforeMs = hourMs
/** And after it signed last: as long as a token of it can live. */
const publishedAfterMs = 2 * dayMs

export type TokenKeysOptions = {
  store: Store
  keys: KeyProvider
  log: Logger
  now: () => number
}

/**
 * The keys that tokens are signed with, beside those of the CAs: made when tokens are first exchanged,
 * and followed by new ones. Each is published before it signs, and after it did.
 */
export class TokenKeys {
  readonly #options: TokenKeysOptions
  #rows: readonly TokenKeyRow[] = []
  readonly #opened = new Map<string, TokenKey>()

  constructor(options: TokenKeysOptions) {
    this.#options = options
  }

  /** Makes the key that is missing or due, and opens those that sign now or next. */
  async renew(): Promise<void> {
    const { store, keys, now } = this.#options
    this.#rows = await readRows(store)
    const newest = this.#rows.at(-1)
    if (newest === undefined || newest.signs_from + signsForMs - publishedBeforeMs <= now()) {
      await this.#make(newest)
      this.#rows = await readRows(store)
    }
    for (const { kid, key_name } of this.#rows.slice(-2)) {
      if (!this.#opened.has(kid)) this.#opened.set(kid, { kid, key: await keys.open(key_name) })
    }
  }

  /** The key that signs now. */
  signing(): TokenKey {
    const now = this.#options.now()
    const [first] = this.#rows
    const row = this.#rows.findLast(({ signs_from }) => signs_from <= now) ?? first
    const key = row === undefined ? undefined : this.#opened.get(row.kid)
    if (key === undefined) throw new TypeError('No key to sign tokens with was opened')
    return key
  }

  /** The keys that tokens in date can be signed with, and the one that comes. */
  published(): PublicTokenKey[] {
    const last = this.#options.now() - signsForMs - publishedAfterMs
    return this.#rows
      .filter(({ signs_from }, at) => signs_from > last || at === this.#rows.length - 1)
      .map(({ spki }) => {
        const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
        return publicTokenKey({ publicKey: key })
      })
  }

  async #make(newest: TokenKeyRow | undefined): Promise<void> {
    const { store, keys, log, now } = this.#options
    const generation = this.#rows.length + 1
    const key_name = `token-key-${generation}`
    const key = await openOrCreateKey(keys, key_name, 'ec-p256')
    const { kid } = publicTokenKey(key)
    const at = now()
    const signs_from = newest === undefined ? at : at + publishedBeforeMs
    await store.write(async (tx) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('token_keys')
        .values({ kid, key_name, spki: key.spki, created_at: at, signs_from })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows !== 1n) return
      await appendAudit(tx, {
        at,
        actor: 'authority',
        action: 'token-key.created',
        subject: kid,
        detail: { signsFrom: signs_from },
      })
    })
    log.info({ kid, signsFrom: signs_from }, 'a key for tokens was made')
  }
}

/** Keys for tokens are made where tokens are exchanged, and not before. */
export async function renewTokenKeys(
  tokenKeys: TokenKeys,
  { authority }: Pick<AuthorityConfig, 'authority'>,
): Promise<void> {
  if (Object.keys(authority.tokenExchange).length > 0) await tokenKeys.renew()
}

function readRows(store: Store): Promise<TokenKeyRow[]> {
  return store.read.selectFrom('token_keys').selectAll().orderBy('signs_from').execute()
}
