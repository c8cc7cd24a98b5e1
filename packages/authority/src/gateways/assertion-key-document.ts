import { createHash } from 'node:crypto'
import type { AssertionKeySet, GatewayAssertionKey } from '@sallyport/wire'
import type { Authority } from '../authority.ts'
import { defaultAssertionKeysMinutes } from '../config/status-config.ts'
import { feedHead } from '../feed/append-change.ts'
import { readEpoch } from '../feed/epoch.ts'
import { activeAssertionKeys } from './assertion-keys.ts'

/** It is signed again while it has most of its life before it, and seldom enough that most who ask have it. */
const resignMs = 60_000
/** Who may vouch for requests, as services are told. */
export type AssertionKeyDocument = {
  /** Compact. */
  readonly jws: string
  /** The same keys, unsigned. */
  readonly keys: readonly GatewayAssertionKey[]
  /** Within quotation marks. */
  readonly etag: string
  /** Milliseconds. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Signs the keys of gateways that are not revoked, again when they changed, and each minute. */
export class AssertionKeyDocuments {
  readonly #authority: Pick<Authority, 'store' | 'feedSigner' | 'config' | 'now'>
  #kept: { readonly document: AssertionKeyDocument; readonly content: string } | undefined

  constructor(authority: Pick<Authority, 'store' | 'feedSigner' | 'config' | 'now'>) {
    this.#authority = authority
  }

  /**
   * The keys as they are now: what they are is asked of the store each time.
   *
   * @throws what reading and signing throws: an older document may believe somebody who was revoked
   */
  async get(): Promise<AssertionKeyDocument> {
    const { store, feedSigner, config, now } = this.#authority
    const { assertionKeysMinutes: lifeMinutes = defaultAssertionKeysMinutes } =
      config.authority.status ?? {}
    // Before anything is read: it must not claim to know what is committed meanwhile.
    const at = now()
    const said = await store.snapshotRead(async (tx) => ({
      epoch: await readEpoch(tx),
      seq: await feedHead(tx),
      keys: await activeAssertionKeys(tx, config.trustDomain),
    }))
    const authorityKeys = feedSigner.published()
    const content = JSON.stringify({ ...said, authorityKeys, lifeMinutes })
    const kept = this.#kept
    // A clock that was set back keeps nothing for longer.
    const isFresh = kept !== undefined && Math.abs(at - kept.document.issuedAt) < resignMs
    if (isFresh && kept.content === content) return kept.document
    const iat = Math.floor(at / 1_000)
    const message: AssertionKeySet = {
      type: 'assertion-keys',
      iss: `spiffe://${config.trustDomain}`,
      iat,
      exp: iat + Math.floor(lifeMinutes * 60),
      ...said,
      authorityKeys,
    }
    const jws = await feedSigner.sign(message)
    const etag = `"${createHash('sha256').update(jws).digest('base64url')}"`
    const expiresAt = message.exp * 1_000
    const document = { jws, keys: said.keys, etag, issuedAt: at, expiresAt }
    this.#kept = { document, content }
    return document
  }
}
