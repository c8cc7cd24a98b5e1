import { isGatewayName } from '@sallyport/pki'
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
    revoked_at: null,
  }
  await store.insertInto('gateways').values(row).execute()
  const detail = made({ status: row.status })
  await appendAudit(store, { at: now, actor, action: 'gateway.added', subject: name, detail })
  return row
}

/**
 * Revokes a gateway: whatever certificate of this name it has, it is not answered any more.
 *
 * @param isUnknown whether it is meant though no gateway of this name has called: its certificate leaked before
 * @throws Problem `not_found`
 */
export async function revokeGateway(
  store: Kysely<Tables>,
  revocation: {
    name: string
    isUnknown?: boolean | undefined
    reason: string | undefined
    actor: string
    now: number
  },
): Promise<GatewayRow> {
  const { name, isUnknown = false, actor, now } = revocation
  const known = await readGateway(store, name)
  if (known === undefined && !(isUnknown && isGatewayName(name))) {
    throw await noSuchGateway(store, name)
  }
  const gateway = known ?? (await addGateway(store, name, actor, now))
  if (gateway.status === 'revoked') return gateway
  const ended = { status: 'revoked', revoked_at: now } as const
  await store.updateTable('gateways').set(ended).where('name', '=', name).execute()
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
  return { ...gateway, ...ended }
}

const maxNamed = 20

async function noSuchGateway(store: Kysely<Tables>, name: string): Promise<Problem> {
  const rows = await store.selectFrom('gateways').select('name').orderBy('name').execute()
  const names = rows.slice(0, maxNamed).map((row) => row.name)
  const more = rows.length > maxNamed ? `, or one of ${rows.length - maxNamed} more` : ''
  const known = rows.length === 0 ? 'a gateway that has called: none has' : names.join(', ') + more
  if (!isGatewayName(name)) {
    return new Problem('not_found', {
      detail: 'No gateway can have this name: names are lower-case letters, digits and hyphens',
      expected: known,
      found: name,
    })
  }
  return new Problem('not_found', {
    detail: `No gateway ${name} has called. To revoke this name before one does, say that it is unknown`,
    expected: known,
    found: name,
  })
}

function readGateway(store: Kysely<Tables>, name: string): Promise<GatewayRow | undefined> {
  return store.selectFrom('gateways').selectAll().where('name', '=', name).executeTakeFirst()
}
