import { Problem } from '@sallyport/problem'
import type { IssuerKind } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Authority } from '../../authority.ts'
import type { AcmeOrderRow, Tables } from '../../store/tables.ts'
import { keepUsedMs, refuseEnded } from './accounts.ts'

/**
 * Marks an order as valid, in the write of its certificate.
 *
 * @throws Problem `acme_order_not_ready` where it was ended meanwhile, `acme_account_ended` where its account was
 */
export async function completeOrder(
  store: Kysely<Tables>,
  order: PlacedOrder,
  { thumbprint, spkiSha256, now }: { thumbprint: string; spkiSha256: string; now: number },
): Promise<void> {
  const changes = { status: 'valid', thumbprint, spki_sha256: spkiSha256 } as const
  // Its account may revoke the certificate as long as that lasts. What was proven is with the device now.
  await changeOrder(store, order, { changes, evidence: { evidence: null }, now })
}

/**
 * Marks an order as one that waits for someone's approval, in the write that asks for it.
 *
 * @throws Problem `acme_order_not_ready` where it was ended meanwhile
 */
export async function holdOrder(
  store: Kysely<Tables>,
  order: PlacedOrder,
  now: number,
): Promise<void> {
  await changeOrder(store, order, { changes: { status: 'processing' }, evidence: {}, now })
}

type PlacedOrder = Pick<AcmeOrderRow, 'id' | 'account_id'>

async function changeOrder(
  store: Kysely<Tables>,
  { id, account_id: accountId }: PlacedOrder,
  {
    changes,
    evidence,
    now,
  }: { changes: Partial<AcmeOrderRow>; evidence: { evidence?: null }; now: number },
): Promise<void> {
  const account = await store
    .selectFrom('acme_accounts')
    .selectAll()
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow()
  await refuseEnded(store, account)
  const keep_until = now + keepUsedMs
  const { numUpdatedRows } = await store
    .updateTable('acme_orders')
    .set({ ...changes, keep_until })
    .where('id', '=', id)
    .where('status', 'in', ['ready', 'processing'])
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) {
    const expected = 'an order that is ready'
    throw new Problem('acme_order_not_ready', { expected, found: 'one that was ended meanwhile' })
  }
  await store
    .updateTable('acme_authorizations')
    .set({ keep_until, ...evidence })
    .where('order_id', '=', id)
    .execute()
}

export function countOrder({ metrics }: Authority, kind: IssuerKind | 'service'): void {
  const help = 'ACME orders that were finished, by the kind of certificate'
  metrics.count('sallyport_authority_acme_orders_total', help, { kind })
}
