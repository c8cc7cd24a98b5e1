import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import type { Authority } from '../authority.ts'
import { toldAfterEndMs } from '../feed/pack-status.ts'
import { appendChange } from '../feed/append-change.ts'
import { publishWithdrawn } from '../published/withdrawn-issuers.ts'
import type { IssuerRow, Tables } from '../store/tables.ts'
import { ensureIssuers, isOf, readIssuers } from './ensure-issuers.ts'
import { wantedIssuers } from './wanted-issuers.ts'

/**
 * Withdraws a CA whose key was lost or leaked: no gateway believes what it issued as soon as it hears of it,
 * and nothing brings it back. Where it was the one that issued, another is made at once, and devices enrol
 * with that.
 *
 * @returns the CA, and those that were made in its place
 * @throws Problem `issuer_unknown`, and those of the signer, after the CA was withdrawn
 */
export async function withdrawIssuer(
  authority: Authority,
  order: { id: string; reason: string; actor: string },
): Promise<{ issuer: IssuerRow; made: IssuerRow[] }> {
  const { store, signer, config } = authority
  const now = authority.now()
  const issuer = await store.write((tx) => endIssuer(tx, order, now))
  await authority.refreshIssuers()
  const facts = { trustDomain: config.trustDomain, now, actor: order.actor }
  const made = await ensureIssuers(store, signer, wantedIssuers(config.apps), facts)
  await authority.refreshIssuers()
  return { issuer, made }
}

/** The same without another in its place: in the write of somebody else. */
export async function endIssuer(
  tx: Kysely<Tables>,
  { id, reason, actor }: { id: string; reason: string; actor: string },
  now: number,
): Promise<IssuerRow> {
  const row = await tx.selectFrom('issuers').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) {
    throw new Problem('issuer_unknown', {
      expected: 'the id of a CA: sallyport ca list',
      found: id,
    })
  }
  if (row.status === 'revoked') return row
  await tx.updateTable('issuers').set({ status: 'revoked' }).where('id', '=', id).execute()
  if (row.status !== 'pending') {
    const until = row.not_after + toldAfterEndMs
    await appendChange(tx, { at: now, kind: 'issuer', key: id, status: 'revoked', until })
  }
  await publishWithdrawn(tx, Math.floor(now))
  const detail = {
    appId: row.app_id,
    kind: row.kind,
    reason,
    ...changed({ status: row.status }, { status: 'revoked' }),
  }
  await appendAudit(tx, { at: now, actor, action: 'issuer.withdrawn', subject: id, detail })
  return { ...row, status: 'revoked' }
}

/** CAs that a newer one of their lane has taken over from issue no more; what they issued is believed. */
export async function retireFollowed(
  authority: Pick<Authority, 'store' | 'now' | 'refreshIssuers'>,
): Promise<void> {
  const now = authority.now()
  const rows = (await readIssuers(authority.store.read)).filter(({ status }) => status === 'active')
  const followed = rows.filter((row) =>
    rows.some(
      (other) =>
        isOf(other, { kind: row.kind, appId: row.app_id, lane: row.lane }) &&
        other.issues_from > row.issues_from &&
        other.issues_from + retireAfterMs <= now,
    ),
  )
  if (followed.length === 0) return
  await authority.store.write(async (tx) => {
    for (const { id, app_id: appId, kind } of followed) {
      const { numUpdatedRows } = await tx
        .updateTable('issuers')
        .set({ status: 'retired' })
        .where('id', '=', id)
        .where('status', '=', 'active')
        .executeTakeFirst()
      if (numUpdatedRows !== 1n) continue
      const detail = { appId, kind, ...changed({ status: 'active' }, { status: 'retired' }) }
      await appendAudit(tx, {
        at: now,
        actor: 'authority',
        action: 'issuer.retired',
        subject: id,
        detail,
      })
    }
  })
  await authority.refreshIssuers()
}

/** Another authority may be without the key of the newer one: that is seen, and mended, before. */
const retireAfterMs = 24 * 3_600_000
