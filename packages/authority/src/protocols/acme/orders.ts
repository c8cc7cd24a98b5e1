import { randomBytes } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { isId, newId } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import type { AcmeAuthorizationRow, AcmeOrderRow, Tables } from '../../store/tables.ts'
import { refuseMoreInAnHour } from '../refuse-more-in-an-hour.ts'
import { keepUsedMs, refuseOvertaken } from './accounts.ts'
import { type AccountMessage, payloadOf } from './acme-message.ts'
import { type Identifier, readIdentifiers } from './identifiers.ts'
import { isOver, openStatuses } from './order-status.ts'

const hourMs = 3_600_000
/** How long an order can be finished. */
const orderMs = 24 * hourMs
/** Orders of an account that are neither done nor over. */
const maxOpenOrders = 100
const maxListedOrders = 100

/** An order, and its authorizations in their order. */
export type OrderWithAuthorizations = {
  readonly order: AcmeOrderRow
  readonly authorizations: readonly AcmeAuthorizationRow[]
}

/**
 * Makes an order (RFC 8555 §7.4).
 *
 * @throws Problem of `readIdentifiers` and `refuseOvertaken`; `acme_orders_too_many`, `enrollment_credential_too_often`
 */
export async function createOrder(
  authority: Authority,
  message: AccountMessage,
): Promise<OrderWithAuthorizations> {
  const { appId, acme, account } = message
  const app = appOf(authority.config.apps, appId)
  const payload = payloadOf(message)
  const identifiers = readIdentifiers(payload['identifiers'], app, acme)
  return authority.store.write(async (tx) => {
    const now = authority.now()
    await refuseOvertaken(tx, account)
    await refuseTooMany(tx, account.id, { maxPerHour: acme.maxPerHour, now })
    const order = newOrder({ appId, accountId: account.id, identifiers, now })
    const authorizations = identifiers.map((identifier, position) =>
      newAuthorization(order, identifier, position),
    )
    await tx.insertInto('acme_orders').values(order).execute()
    await tx.insertInto('acme_authorizations').values(authorizations).execute()
    await tx
      .updateTable('acme_accounts')
      .set({ keep_until: now + keepUsedMs })
      .where('id', '=', account.id)
      .execute()
    return { order, authorizations }
  })
}

function newOrder(facts: {
  appId: string
  accountId: string
  identifiers: readonly Identifier[]
  now: number
}): AcmeOrderRow {
  const { appId, accountId, identifiers, now } = facts
  return {
    id: newId('acmeOrder'),
    app_id: appId,
    account_id: accountId,
    status: 'pending',
    identifiers: JSON.stringify(identifiers),
    created_at: now,
    expires_at: now + orderMs,
    error: null,
    spki_sha256: null,
    thumbprint: null,
    keep_until: now + 2 * orderMs,
  }
}

function newAuthorization(
  order: AcmeOrderRow,
  { type, value }: Identifier,
  position: number,
): AcmeAuthorizationRow {
  return {
    id: newId('acmeAuthorization'),
    order_id: order.id,
    account_id: order.account_id,
    position,
    identifier_type: type,
    identifier_value: value,
    status: 'pending',
    expires_at: order.expires_at,
    // RFC 8555 §8.3 and draft-ietf-acme-device-attest §8: at least 128 bits.
    token: randomBytes(32).toString('base64url'),
    validated_at: null,
    error: null,
    evidence: null,
    keep_until: order.keep_until,
  }
}

async function refuseTooMany(
  store: Kysely<Tables>,
  accountId: string,
  { maxPerHour, now }: { maxPerHour: number; now: number },
): Promise<void> {
  const own = store.selectFrom('acme_orders').where('account_id', '=', accountId)
  const open = await own
    .select((row) => row.fn.countAll<number | bigint | string>().as('count'))
    .where('status', 'in', openStatuses)
    .where((row) => row.or([row('expires_at', '>', now), row('status', '=', 'processing')]))
    .executeTakeFirstOrThrow()
  if (Number(open.count) >= maxOpenOrders) {
    throw new Problem('acme_orders_too_many', {
      expected: `at most ${maxOpenOrders} orders that are not finished`,
      found: `${open.count} of account ${accountId}`,
      retryAfterSeconds: hourMs / 1_000,
    })
  }
  const of = { account_id: accountId }
  const owner = `account ${accountId}`
  await refuseMoreInAnHour(
    store,
    { table: 'acme_orders', time: 'created_at', of, named: 'orders', owner },
    { maxPerHour, now },
  )
}

/**
 * An order of this account, as it stands now.
 *
 * @throws Problem `not_found`; also for another account's, of which nobody is told that it is there
 */
export async function readOrder(
  store: Kysely<Tables>,
  { id, accountId, now }: { id: string; accountId: string; now: number },
): Promise<OrderWithAuthorizations> {
  for (;;) {
    const order = await findOrder(store, id, accountId)
    const authorizations = await store
      .selectFrom('acme_authorizations')
      .selectAll()
      .where('order_id', '=', order.id)
      .orderBy('position')
      .execute()
    // One that went on in between is read anew: its authorizations lose what it rests on when it is finished.
    const { status } = await findOrder(store, id, accountId)
    if (status !== order.status) continue
    return { order: isOver(order, now) ? { ...order, status: 'invalid' } : order, authorizations }
  }
}

async function findOrder(
  store: Kysely<Tables>,
  id: string,
  accountId: string,
): Promise<AcmeOrderRow> {
  const order = isId('acmeOrder', id)
    ? await store
        .selectFrom('acme_orders')
        .selectAll()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
    : undefined
  if (order === undefined) throw new Problem('not_found', { detail: 'There is no such order' })
  return order
}

/** The orders of an account, newest first, but for those that came to nothing. */
export async function listOrders(
  store: Kysely<Tables>,
  { accountId, now }: { accountId: string; now: number },
): Promise<string[]> {
  const rows = await store
    .selectFrom('acme_orders')
    .select(['id', 'status', 'expires_at'])
    .where('account_id', '=', accountId)
    .where('status', '!=', 'invalid')
    .orderBy('created_at', 'desc')
    .limit(maxListedOrders)
    .execute()
  return rows.filter((row) => !isOver(row, now)).map(({ id }) => id)
}
