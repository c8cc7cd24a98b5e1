import { maxPredecessors } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { CertificateRow, Tables } from '../store/tables.ts'

/**
 * What a renewal of a certificate by a key means:
 * - `again`: it has a successor of this very key, whose answer may have been lost
 * - `first`: it has no successor
 * - `replace`: it has a successor of another key that was never used
 * - `fork`: it has a successor of another key that is in use: two hold this certificate
 */
export type Succession =
  | { kind: 'again'; successor: CertificateRow }
  | { kind: 'first' }
  | { kind: 'replace'; successor: CertificateRow }
  | { kind: 'fork'; successor: CertificateRow }

/** @throws Problem `device_certificate_revoked` where its successor was revoked */
export async function readSuccession(
  store: Kysely<Tables>,
  predecessor: CertificateRow,
  spkiSha256: string,
): Promise<Succession> {
  if (predecessor.successor === null) return { kind: 'first' }
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
  return { kind: isUsed ? 'fork' : 'replace', successor }
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
