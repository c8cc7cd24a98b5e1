import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed, made } from '../audit/change.ts'
import { appendChange } from '../feed/append-change.ts'
import type { Store } from '../store/store.ts'
import type { GatewayRow, Tables } from '../store/tables.ts'

/**
 * The row of a gateway that proved its name, made at its first call.
 *
 * @throws Problem `gateway_revoked`
 */
export async function knownGateway(store: Store, name: string, now: number): Promise<GatewayRow> {
  const known = await readGateway(store.read, name)
  const gateway = known ?? (await store.write((tx) => addGateway(tx, name, 'authority', now)))
  if (gateway.status === 'revoked') {
    throw new Problem('gateway_revoked', {
      expected: 'an active gateway',
      found: `${name}, revoked`,
    })
  }
  return gateway
}

/** Adds a gateway where there is none of this name. */
export async function addGateway(
  store: Kysely<Tables>,
  name: string,
  actor: string,
  now: number,
): Promise<GatewayRow> {
  const known = await readGateway(store, name)
  if (known !== undefined) return known
  const row: GatewayRow = {
    name,
    status: 'active',
    first_seen_at: now,
    last_seen_at: null,
    instance: null,
    version: null,
    epoch: null,
    seq: 0,
    dropped: 0,
    shadow_instance: null,
    shadow_batch: null,
    blocks: null,
    role: null,
    unconfirmed: null,
    assertion_keys: null,
  }
  await store.insertInto('gateways').values(row).execute()
  const detail = made({ status: row.status })
  await appendAudit(store, { at: now, actor, action: 'gateway.added', subject: name, detail })
  return row
}

/**
 * Revokes a gateway: whatever certificate of this name it has, it is not answered any more.
 *
 * @throws Problem `not_found`
 */
export async function revokeGateway(
  store: Kysely<Tables>,
  revocation: { name: string; reason: string | undefined; actor: string; now: number },
): Promise<GatewayRow> {
  const { name, actor, now } = revocation
  const gateway = await readGateway(store, name)
  if (gateway === undefined) throw new Problem('not_found', { detail: `No gateway ${name}` })
  if (gateway.status === 'revoked') return gateway
  await store.updateTable('gateways').set({ status: 'revoked' }).where('name', '=', name).execute()
  const seq = await appendChange(store, { at: now, kind: 'gateway', key: name, status: 'revoked' })
  await appendAudit(store, {
    at: now,
    actor,
    action: 'gateway.revoked',
    subject: name,
    detail: {
      reason: revocation.reason ?? null,
      seq,
      ...changed({ status: gateway.status }, { status: 'revoked' }),
    },
  })
  return { ...gateway, status: 'revoked' }
}

function readGateway(store: Kysely<Tables>, name: string): Promise<GatewayRow | undefined> {
  return store.selectFrom('gateways').selectAll().where('name', '=', name).executeTakeFirst()
}
