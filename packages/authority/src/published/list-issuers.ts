import { type Certificate, parseCertificate } from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { CaReference } from '../signer/signer.ts'
import type { IssuerStatus, RootKind, Tables } from '../store/tables.ts'

/**
 * A CA that signs lists: an issuing CA, of what devices were given; or a root, of issuing CAs; or the root of
 * services, of what servers were given.
 */
export type ListIssuer = {
  /** SHA-256 of its SubjectPublicKeyInfo. */
  readonly id: string
  readonly certificate: Certificate
  /** How the signer is told of it. */
  readonly reference: CaReference
  /** The app of an issuing CA. */
  readonly appId: string | undefined
  /** Of which root it is, or is one. */
  readonly root: RootKind
  readonly status: IssuerStatus
}

/** A certificate of a CA never changes: it is parsed once. */
const parsed = new Map<string, Certificate>()

/** All CAs that are, or were, of this deployment. Those whose certificate is not there yet are left out. */
export async function readListIssuers(store: Kysely<Tables>): Promise<ListIssuer[]> {
  const issuers = await store
    .selectFrom('issuers')
    .select(['kind', 'app_id', 'key_name', 'certificate', 'status'])
    // One whose request is out, or was withdrawn, has no certificate yet.
    .where('not_after', '>', 0)
    .execute()
  const roots = await store.selectFrom('roots').selectAll().execute()
  return [
    ...issuers.map((row) => ({
      ...readCa(row),
      appId: row.app_id,
      root: row.kind === 'development' ? ('development' as const) : ('device' as const),
      status: row.status,
    })),
    ...roots.map((row) => ({
      ...readCa(row),
      appId: undefined,
      root: row.kind,
      status: 'active' as const,
    })),
  ]
}

function readCa(row: { key_name: string; certificate: Uint8Array }) {
  const der = toBase64url(row.certificate)
  const certificate = parsed.get(der) ?? parseCertificate(row.certificate)
  parsed.set(der, certificate)
  return {
    id: certificate.spkiSha256,
    certificate,
    reference: { keyName: row.key_name, certificate: der },
  }
}
