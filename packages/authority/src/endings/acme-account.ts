import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import { closeAccount } from '../protocols/acme/accounts.ts'
import type { AcmeAccountRow } from '../store/tables.ts'
import { type EndingContext, operator } from './ending.ts'

/** Ends an account without its word: it orders nothing any more, and what it was given goes on. */
export async function endAccount(
  { store, now }: EndingContext,
  { id, app_id: appId, status }: AcmeAccountRow,
): Promise<void> {
  await closeAccount(store, id, now)
  await appendAudit(store, {
    at: now,
    actor: operator,
    action: 'acme-account.deactivated',
    subject: id,
    detail: { appId, ...changed({ status }, { status: 'deactivated' }) },
  })
}
