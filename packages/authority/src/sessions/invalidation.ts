import type { EndedKind } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { AuditAction } from '../audit/audit-actions.ts'
import { appendAudits } from '../audit/audit-log.ts'
import { changed, made } from '../audit/change.ts'
import { appendChanges, lastChangeOf } from '../feed/append-change.ts'
import type { InvalidationRow, Tables } from '../store/tables.ts'

/** Tokens that are to end. */
export type Invalidation = {
  kind: EndedKind
  /** As the feed has it: see `ended-key.ts`. */
  key: string
  /** Whose tokens, sessions and subjects; null where those of a device end, whosever they are. */
  issuer: string | null
  /** Of a subject and of a device: tokens issued at or before it end. Of a token or session: null, all do. */
  issuedUntil: number | null
  /** When none of these tokens can still be in date. */
  until: number
}

export type InvalidatedBy = {
  /** As in the audit log. */
  actor: string
  reason: string | undefined
  now: number
}

/** By kind: what is written into the audit log. */
const actions: Readonly<Record<EndedKind, AuditAction>> = {
  token: 'token.ended',
  session: 'session.ended',
  subject: 'subject.tokens-ended',
  deviceTokens: 'device.tokens-ended',
}

/**
 * Ends tokens: rows, feed and audit log in one write. What has ended already, for as long as now asked
 * for, is left as it is. The subject of a person stands nowhere in it: a hash of it does.
 *
 * @param invalidations at least one, and few enough for one statement
 * @returns the rows, and the number of the last change that tells of them
 */
export async function endTokens(
  store: Kysely<Tables>,
  invalidations: readonly Invalidation[],
  { actor, reason, now }: InvalidatedBy,
): Promise<{ rows: InvalidationRow[]; seq: number }> {
  const rows: InvalidationRow[] = []
  let last = 0
  for (const asked of invalidations) {
    const { kind, key } = asked
    const known = await findInvalidation(store, kind, key)
    if (known !== undefined && isCovered(known, asked)) {
      rows.push(known)
      last = Math.max(last, await lastChangeOf(store, { kind, key }))
      continue
    }
    const issuedUntil = asked.issuedUntil === null ? null : laterTime(asked, known)
    const until = Math.max(asked.until, known?.until ?? 0)
    const seq = await appendChanges(store, [
      {
        at: now,
        kind,
        key,
        status: 'ended',
        until,
        ...(issuedUntil === null ? {} : { issuedUntil }),
      },
    ])
    const row: InvalidationRow = {
      kind,
      key,
      issuer: asked.issuer,
      at: now,
      issued_until: issuedUntil,
      until,
      actor,
      reason: reason ?? null,
      seq,
    }
    await store
      .insertInto('invalidations')
      .values(row)
      .onConflict((conflict) => conflict.columns(['kind', 'key']).doUpdateSet(row))
      .execute()
    await appendAudits(store, [
      {
        at: now,
        actor,
        action: actions[kind],
        subject: key,
        detail: {
          issuer: asked.issuer,
          reason: reason ?? null,
          seq,
          ...(known === undefined
            ? made({ issuedUntil, until })
            : changed(
                { issuedUntil: known.issued_until, until: known.until },
                { issuedUntil, until },
              )),
        },
      },
    ])
    rows.push(row)
    last = Math.max(last, seq)
  }
  return { rows, seq: last }
}

export function findInvalidation(
  store: Kysely<Tables>,
  kind: EndedKind,
  key: string,
): Promise<InvalidationRow | undefined> {
  return store
    .selectFrom('invalidations')
    .selectAll()
    .where('kind', '=', kind)
    .where('key', '=', key)
    .executeTakeFirst()
}

function isCovered(known: InvalidationRow, { issuedUntil, until }: Invalidation): boolean {
  return known.until >= until && (known.issued_until ?? 0) >= (issuedUntil ?? 0)
}

function laterTime({ issuedUntil }: Invalidation, known: InvalidationRow | undefined): number {
  return Math.max(issuedUntil ?? 0, known?.issued_until ?? 0)
}
