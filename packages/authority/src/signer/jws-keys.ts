import { isProblem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'
import type { Logger } from 'pino'
import { appendAudit } from '../audit/audit-log.ts'
import { made } from '../audit/change.ts'
import type { AuthorityConfig } from '../config/authority-config.ts'
import type { Store } from '../store/store.ts'
import type { SigningKeyRow } from '../store/tables.ts'
import type { JwsPurpose } from './key-names.ts'
import { publicJwkOf, type PublicTokenKey } from './public-jwk.ts'
import type { Signer } from './signer.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

type Rotation = {
  /** A key signs for this long. */
  readonly signsForMs: number
  /** It is published before it signs, so that everybody has it by then. */
  readonly publishedBeforeMs: number
  /** And after it signed last: as long as what it signed is looked at. */
  readonly publishedAfterMs: number
}

const rotations: Readonly<Record<JwsPurpose, Rotation>> = {
  token: { signsForMs: 90 * dayMs, publishedBeforeMs: hourMs, publishedAfterMs: 2 * dayMs },
  // A gateway that was off for a month still finds a key that it knows vouching for the next.
  feed: {
    signsForMs: 365 * dayMs,
    publishedBeforeMs: 60 * dayMs,
    publishedAfterMs: 60 * dayMs,
  },
  // An audit log is verified years later.
  checkpoint: {
    signsForMs: 365 * dayMs,
    publishedBeforeMs: hourMs,
    publishedAfterMs: Number.POSITIVE_INFINITY,
  },
}

export type JwsKeysOptions = {
  purpose: JwsPurpose
  store: Store
  signer: Signer
  log?: Logger
  now: () => number
}

/** A key as it is named to the signer, and as it is known to those who verify. */
export type JwsKey = { readonly keyName: string; readonly kid: string }

/**
 * The keys that JWS of one purpose are signed with, beside those of the CAs: made when they are first
 * needed, and followed by new ones. Each is published before it signs, and after it did.
 */
export class JwsKeys {
  readonly #options: JwsKeysOptions
  readonly #rotation: Rotation
  #rows: readonly SigningKeyRow[] = []
  /** Of those that were replaced as well: no name is given twice. */
  #generations = 0
  /** Those whose private half this signer has: of several machines each may have its own. */
  readonly #held = new Set<string>()

  constructor(options: JwsKeysOptions) {
    this.#options = options
    this.#rotation = rotations[options.purpose]
  }

  /** Makes the key that is missing or due, and learns which keys there are. */
  async renew(): Promise<void> {
    const { now } = this.#options
    const { signsForMs, publishedBeforeMs } = this.#rotation
    await this.refresh()
    const newest = this.#rows.findLast(({ kid }) => this.#held.has(kid))
    if (newest !== undefined && newest.signs_from + signsForMs - publishedBeforeMs > now()) return
    await this.#make(newest === undefined ? now() : now() + publishedBeforeMs)
    await this.refresh()
  }

  /**
   * Makes a key that signs from now on, and ends the ones before: nothing of them counts any more.
   *
   * @returns the new one
   */
  async replaceAll(): Promise<JwsKey> {
    const { store, now, purpose } = this.#options
    const at = now()
    const kid = await this.#make(at)
    await store.write((tx) =>
      tx
        .updateTable('signing_keys')
        .set({ ended_at: at })
        .where('purpose', '=', purpose)
        .where('kid', '!=', kid)
        .execute(),
    )
    await this.refresh()
    return this.signing()
  }

  /** The key that signs now. */
  signing(): JwsKey {
    const now = this.#options.now()
    const held = this.#rows.filter(({ kid }) => this.#held.has(kid))
    const row = held.findLast(({ signs_from }) => signs_from <= now) ?? held[0]
    if (row === undefined) throw new TypeError(`No key for ${this.#options.purpose} was opened`)
    return { keyName: row.key_name, kid: row.kid }
  }

  /** The keys that something in date can be signed with, and the ones that come. */
  published(): PublicTokenKey[] {
    const { signsForMs, publishedAfterMs } = this.#rotation
    const last = this.#options.now() - signsForMs - publishedAfterMs
    return this.#rows
      .filter(({ signs_from }, at) => signs_from > last || at === this.#rows.length - 1)
      .map(({ spki }) => publicJwkOf(spki))
  }

  /** Learns which keys there are: another authority over this store may have made one. */
  async refresh(): Promise<void> {
    const { store, purpose } = this.#options
    const rows = await store.read
      .selectFrom('signing_keys')
      .selectAll()
      .where('purpose', '=', purpose)
      .orderBy('signs_from')
      .orderBy('kid')
      .execute()
    this.#generations = rows.length
    this.#rows = rows.filter(({ ended_at }) => ended_at === null)
    for (const row of this.#rows.slice(-4)) {
      if (!this.#held.has(row.kid) && (await this.#holds(row))) this.#held.add(row.kid)
    }
  }

  async #holds({ key_name: keyName, spki }: SigningKeyRow): Promise<boolean> {
    try {
      const held = await this.#options.signer.publicKey({ keyName })
      return Buffer.from(fromBase64url(held.spki) ?? []).equals(Buffer.from(spki))
    } catch (error) {
      if (isProblem(error) && error.code === 'key_missing') return false
      throw error
    }
  }

  /** @returns its `kid` */
  async #make(signsFrom: number): Promise<string> {
    const { purpose, store, signer, log, now } = this.#options
    const generation = this.#generations + 1
    const { keyName, spki } = await signer.jwsKey({ purpose, generation })
    const der = Buffer.from(fromBase64url(spki) ?? [])
    const { kid } = publicJwkOf(der)
    const at = now()
    const isMade = await store.write(async (tx) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('signing_keys')
        .values({
          kid,
          purpose,
          key_name: keyName,
          spki: der,
          created_at: at,
          signs_from: signsFrom,
          ended_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows !== 1n) return false
      await appendAudit(tx, {
        at,
        actor: 'authority',
        action: `${purpose}-key.created`,
        subject: kid,
        detail: made({ signsFrom }),
      })
      return true
    })
    if (isMade) log?.info({ purpose, kid, signsFrom }, 'a key was made')
    return kid
  }
}

/** Keys for tokens are made where tokens are exchanged, and not before. */
export async function renewTokenKeys(
  tokenKeys: JwsKeys,
  { authority }: Pick<AuthorityConfig, 'authority'>,
): Promise<void> {
  if (Object.keys(authority.tokenExchange).length > 0) await tokenKeys.renew()
}
