import { type Certificate, issuerKeys, parseCertificate } from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { CaReference } from '../../signer/signer.ts'
import type { IssuerRow, Tables } from '../../store/tables.ts'

/** A CA whose certificates are answered for. */
export type PublishedIssuer = {
  readonly id: string
  readonly certificate: Certificate
  /** How the signer is told of it. */
  readonly reference: CaReference
  readonly status: IssuerRow['status']
}

/** How old what is known of CAs may be. */
const maxAgeMs = 2_000

/** The CAs whose certificates are answered for, by what OCSP requests name them by. */
export class PublishedIssuers {
  readonly #read: Kysely<Tables>
  readonly #certificates = new Map<string, Certificate>()
  #byKey: ReadonlyMap<string, PublishedIssuer> = new Map()
  #readAt = Number.NEGATIVE_INFINITY
  #refreshing: Promise<void> | undefined

  constructor(read: Kysely<Tables>) {
    this.#read = read
  }

  /** @param key `issuerKey` of a CertID */
  async find(key: string, now: number): Promise<PublishedIssuer | undefined> {
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
    const rows = await this.#read
      .selectFrom('issuers')
      .select(['id', 'certificate', 'key_name', 'status'])
      .where('id', 'in', (scopes) => scopes.selectFrom('revocation_scopes').select('issuer_id'))
      .execute()
    const byKey = new Map<string, PublishedIssuer>()
    for (const { id, certificate: der, key_name: keyName, status } of rows) {
      const certificate = this.#certificates.get(id) ?? parseCertificate(der)
      this.#certificates.set(id, certificate)
      const reference = { keyName, certificate: toBase64url(der) }
      const issuer = { id, certificate, reference, status }
      for (const key of issuerKeys(certificate)) byKey.set(key, issuer)
    }
    this.#byKey = byKey
    this.#readAt = performance.now()
  }
}
