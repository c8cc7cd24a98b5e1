import { type Certificate, parseCertificate } from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { made } from '../audit/change.ts'
import { bytesOf } from '../signer/bytes.ts'
import type { CaReference, Signer } from '../signer/signer.ts'
import type { Store } from '../store/store.ts'
import type { RootKind, Tables } from '../store/tables.ts'

/** A root as it is named to the signer, which may or may not have its key. */
export type Root = { readonly certificate: Certificate; readonly reference: CaReference }

/** A root that has its place in the store, or undefined where there is none of this kind. */
export async function readRoot(store: Kysely<Tables>, kind: RootKind): Promise<Root | undefined> {
  const row = await store
    .selectFrom('roots')
    .selectAll()
    .where('kind', '=', kind)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const certificate = parseCertificate(row.certificate)
  return {
    certificate,
    reference: { keyName: row.key_name, certificate: toBase64url(certificate.der) },
  }
}

/** A root, made where there is none. */
export async function openRoot(
  store: Store,
  signer: Signer,
  kind: RootKind,
  now: number,
): Promise<Root> {
  const root = await readRoot(store.read, kind)
  if (root !== undefined) return root
  const reference = await signer.root({ kind })
  const certificate = parseCertificate(bytesOf(reference.certificate))
  await store.write(async (tx) => {
    await tx
      .insertInto('roots')
      .values({ kind, key_name: reference.keyName, certificate: certificate.der })
      .execute()
    await appendAudit(tx, {
      at: now,
      actor: 'authority',
      action: 'root.created',
      subject: kind,
      detail: made({ thumbprint: certificate.thumbprint, notAfter: certificate.notAfter }),
    })
  })
  return { certificate, reference }
}
