import { issuerKeys } from '@sallyport/pki'
import type { Kysely } from 'kysely'
import type { Tables } from '../../store/tables.ts'
import { type ListIssuer, readListIssuers } from '../list-issuers.ts'
import { fullList } from '../published-addresses.ts'

/** How old what is known of CAs may be. */
const maxAgeMs = 2_000

/** The CAs whose certificates are answered for, by what OCSP requests name them by. */
export class PublishedIssuers {
  readonly #read: Kysely<Tables>
  #byKey: ReadonlyMap<string, ListIssuer> = new Map()
  #readAt = Number.NEGATIVE_INFINITY
  #refreshing: Promise<void> | undefined

  constructor(read: Kysely<Tables>) {
    this.#read = read
  }

  /** @param key `issuerKey` of a CertID */
  async find(key: string, now: number): Promise<ListIssuer | undefined> {
    if (performance.now() - this.#readAt > maxAgeMs) {
      this.#refreshing ??= this.#refresh().finally(() => {
        this.#refreshing = undefined
      })
      await this.#refreshing
    }
    const issuer = this.#byKey.get(key)
    return issuer === undefined || issuer.certificate.notAfter < now ? undefined : issuer
  }

  async #refresh(): Promise<void> {
    const scopes = await this.#read
      .selectFrom('revocation_scopes')
      .select('issuer_id')
      .where('shard', '=', fullList)
      .execute()
    const published = new Set(scopes.map(({ issuer_id }) => issuer_id))
    const byKey = new Map<string, ListIssuer>()
    for (const issuer of await readListIssuers(this.#read)) {
      // A root signs nothing between its lists, and has no responder; but that of services certifies servers.
      const isIssuing = issuer.appId !== undefined || issuer.root === 'service'
      if (!isIssuing || !published.has(issuer.id)) continue
      for (const key of issuerKeys(issuer.certificate)) byKey.set(key, issuer)
    }
    this.#byKey = byKey
    this.#readAt = performance.now()
  }
}
