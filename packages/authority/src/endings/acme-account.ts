import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import { openStatuses } from '../protocols/acme/order-status.ts'
import type { AcmeAccountRow } from '../store/tables.ts'
import { type EndingContext, operator } from './ending.ts'

/** Ends an account without its word: it orders nothing any more, and what it was given goes on. */
export async function endAccount(
  { store, now }: EndingContext,
  { id, app_id: appId, status }: AcmeAccountRow,
): Promise<void> {
  await store
    .updateTable('acme_accounts')
    .set({ status: 'deactivated' })
    .where('id', '=', id)
    .execute()
  await store
    .updateTable('acme_orders')
    .set({ status: 'invalid' })
    .where('account_id', '=', id)
    .where('status', 'in', openStatuses)
    .execute()
  await appendAudit(store, {
    at: now,
    actor: operator,
    action: 'acme-account.deactivated',
    subject: id,
    detail: { appId, ...changed({ status }, { status: 'deactivated' }) },
  })
}
