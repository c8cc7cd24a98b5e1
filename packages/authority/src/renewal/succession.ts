import { maxPredecessors } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { CertificateRow, Tables } from '../store/tables.ts'

/**
 * What a renewal of a certificate by a key means:
 * - `again`: it has a successor of this very key, whose answer may have been lost
 * - `first`: it has no successor
 * - `replace`: it has a successor of another key that was never used
 * - `fork`: two hold this certificate, or the one before it. Its successor, of another key, is in use;
 *   or it was itself replaced before it was used, which its device does not do while it holds the key
 */
export type Succession =
  | { kind: 'again'; successor: CertificateRow }
  | { kind: 'first' }
  | { kind: 'replace'; successor: CertificateRow }
  | { kind: 'fork'; rival: CertificateRow }

/** @throws Problem `device_certificate_revoked` where its successor was revoked */
export async function readSuccession(
  store: Kysely<Tables>,
  predecessor: CertificateRow,
  spkiSha256: string,
): Promise<Succession> {
  if (predecessor.successor === null) {
    const rival = await replacementOf(store, predecessor)
    return rival === undefined ? { kind: 'first' } : { kind: 'fork', rival }
  }
  const successor = await store
    .selectFrom('certificates')
    .selectAll()
    .where('thumbprint', '=', predecessor.successor)
    .executeTakeFirstOrThrow()
  if (successor.status === 'revoked') {
    throw new Problem('device_certificate_revoked', {
      expected: 'a successor that is not revoked',
      found: `successor ${successor.thumbprint}, revoked`,
    })
  }
  if (successor.spki_sha256 === spkiSha256) return { kind: 'again', successor }
  const isUsed = successor.used_at !== null || successor.successor !== null
  return isUsed ? { kind: 'fork', rival: successor } : { kind: 'replace', successor }
}

/**
 * The certificate that took the place of one that was never used: the one that its predecessor has as
 * successor instead. A phone drops the key of a successor whose answer it lost before it asks with
 * another, so that whoever shows the replaced one is not who replaced it.
 */
export async function replacementOf(
  store: Kysely<Tables>,
  certificate: CertificateRow,
): Promise<CertificateRow | undefined> {
  if (certificate.predecessor === null) return undefined
  const { thumbprint, predecessor } = certificate
  return store
    .selectFrom('certificates as replacement')
    .innerJoin('certificates as before', 'before.successor', 'replacement.thumbprint')
    .selectAll('replacement')
    .where('before.thumbprint', '=', predecessor)
    .where('replacement.thumbprint', '!=', thumbprint)
    .executeTakeFirst()
}

/** Thumbprints of a certificate and of those before it that have not expired, newest first. */
export async function unexpiredLineage(
  store: Kysely<Tables>,
  newest: CertificateRow,
  now: number,
): Promise<string[]> {
  const thumbprints: string[] = []
  let current: CertificateRow | undefined = newest
  while (current !== undefined && thumbprints.length < maxPredecessors) {
    if (current.not_after > now && current.status !== 'revoked') {
      thumbprints.push(current.thumbprint)
    }
    if (current.predecessor === null || current.not_after <= now) break
    current = await store
      .selectFrom('certificates')
      .selectAll()
      .where('thumbprint', '=', current.predecessor)
      .executeTakeFirst()
  }
  return thumbprints
}
