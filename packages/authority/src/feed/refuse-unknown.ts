import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import { endCertificate } from '../devices/certificate-status.ts'
import type { Tables, UnconfirmedStatusRow } from '../store/tables.ts'
import { appendChange, feedHead } from './append-change.ts'

/** A certificate that is to be refused whether or not the registry has it. */
export type RefusedCertificate = {
  /** SHA-256, base64url. */
  readonly thumbprint: string
  /** Milliseconds: when it ends, and may be forgotten. */
  readonly until: number
}

export type RefuseOrder = {
  readonly reason: string
  readonly actor: string
  readonly epoch: string
  readonly now: number
}

/** How many were revoked in the registry, refused without it, and ended already. */
export type Refused = { revoked: number; refused: number; already: number; seq: number }

/**
 * Has gateways refuse certificates for good. What the registry has is revoked there. What it does not have is told
 * by a row beside it, as that which gateways knew and a restored store did not: every snapshot has it, until it ends.
 */
export async function refuseCertificates(
  store: Kysely<Tables>,
  certificates: readonly RefusedCertificate[],
  order: RefuseOrder,
): Promise<Refused> {
  const counts = { revoked: 0, refused: 0, already: 0 }
  for (const certificate of certificates) counts[await refuse(store, certificate, order)] += 1
  return { ...counts, seq: await feedHead(store) }
}

async function refuse(
  store: Kysely<Tables>,
  { thumbprint, until }: RefusedCertificate,
  { reason, actor, epoch, now }: RefuseOrder,
): Promise<'revoked' | 'refused' | 'already'> {
  const certificate = await store
    .selectFrom('certificates')
    .selectAll()
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst()
  if (certificate?.status === 'revoked') return 'already'
  if (certificate !== undefined) {
    await endCertificate(store, { certificate, status: 'revoked', reason, actor, now })
    return 'revoked'
  }
  const before = await store
    .selectFrom('unconfirmed_status')
    .select(['decision', 'status', 'until'])
    .where('kind', '=', 'certificate')
    .where('key', '=', thumbprint)
    .executeTakeFirst()
  if (before?.decision === 'kept' && before.status === 'revoked' && before.until >= until) {
    return 'already'
  }
  const row: UnconfirmedStatusRow = {
    kind: 'certificate',
    key: thumbprint,
    status: 'revoked',
    until,
    issued_until: null,
    epoch,
    reported_at: now,
    reported_by: 'an operator',
    decision: 'kept',
    decided_at: now,
    decided_by: actor,
    reason,
  }
  await store
    .insertInto('unconfirmed_status')
    .values(row)
    .onConflict((conflict) => conflict.columns(['kind', 'key']).doUpdateSet(row))
    .execute()
  const seq = await appendChange(store, {
    at: now,
    kind: 'certificate',
    key: thumbprint,
    status: 'revoked',
    until,
  })
  await appendAudit(store, {
    at: now,
    actor,
    action: 'certificate.refused',
    subject: thumbprint,
    detail: { reason, seq, ...changed({ status: before?.status ?? null }, { status: 'revoked' }) },
  })
  return 'refused'
}
