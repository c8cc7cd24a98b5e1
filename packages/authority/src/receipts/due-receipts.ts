import type { AppAttestKey } from '@sallyport/attestation'
import type { Kysely } from 'kysely'
import type { AppAttestKeyRow, DeviceRow, RiskEffect, Tables } from '../store/tables.ts'

/** A receipt that it is time to replace, claimed by whoever has it. */
export type DueReceipt = {
  readonly deviceId: string
  readonly appId: string
  /** Issued under the development root. */
  readonly isDevelopment: boolean
  readonly key: AppAttestKey & { readonly receipt: Uint8Array }
  readonly receiptAt: number
  readonly riskEffect: RiskEffect | null
  readonly dueAt: number
  /** What stands in its place while it is claimed; then others may have it. */
  readonly claimedUntil: number
}

export type ClaimOptions = {
  /** `TEAMID.bundle.id` */
  readonly appleAppIds: readonly string[]
  readonly environment: AppAttestKey['environment']
  readonly limit: number
  readonly now: number
}

/** An authority that ended amid a round leaves the rest of it for so long. More than any round takes. */
const claimMs = 3_600_000
/** Of a device that may come back: it is looked at again. */
const laterMs = 24 * 3_600_000
/** Looked at in one write, whether they are asked for or not. */
const maxLookedAt = 200

/** Whether there is anything to claim. */
export async function hasDue(store: Kysely<Tables>, options: ClaimOptions): Promise<boolean> {
  return (await dueRows(store, { ...options, limit: 1 })).length > 0
}

/**
 * Claims the receipts that are due the longest, those of active devices alone. Two authorities never
 * claim the same. Those of other devices are put off, for a day or for ever, so that they are not in the way.
 */
export async function claimDue(tx: Kysely<Tables>, options: ClaimOptions): Promise<DueReceipt[]> {
  const { now, limit } = options
  const rows = await dueRows(tx, { ...options, limit: Math.max(limit, maxLookedAt) })
  const groups = Map.groupBy(rows, (row) => prospectOf(row, now))
  const claimed = (groups.get('now') ?? []).slice(0, limit)
  const claimedUntil = now + claimMs
  await setDue(tx, claimed, claimedUntil)
  await setDue(tx, groups.get('later') ?? [], now + laterMs)
  await setDue(tx, groups.get('never') ?? [], null)
  return claimed.map((row) => claimOf(row, claimedUntil))
}

type DueRow = AppAttestKeyRow &
  Pick<DeviceRow, 'app_id' | 'status' | 'expires_at' | 'development'> & { receipt_due_at: number }

/** The oldest, of all apps. One query for each, so that the index of each leads to its oldest. */
async function dueRows(store: Kysely<Tables>, options: ClaimOptions): Promise<DueRow[]> {
  const { appleAppIds, environment, limit, now } = options
  const found: DueRow[] = []
  for (const appleAppId of appleAppIds) {
    const rows = await store
      .selectFrom('app_attest_keys as k')
      .innerJoin('devices as d', 'd.id', 'k.device_id')
      .selectAll('k')
      .select(['d.app_id', 'd.status', 'd.expires_at', 'd.development'])
      .where('k.apple_app_id', '=', appleAppId)
      .where('k.environment', '=', environment)
      .where('k.receipt_due_at', '<=', now)
      .orderBy('k.receipt_due_at')
      .limit(limit)
      .$narrowType<{ receipt_due_at: number }>()
      .execute()
    found.push(...rows)
  }
  return found.toSorted((one, other) => one.receipt_due_at - other.receipt_due_at).slice(0, limit)
}

function prospectOf(row: DueRow, now: number): 'now' | 'later' | 'never' {
  const { receipt, receipt_expires_at: expiresAt, status } = row
  const isOver = receipt === null || (expiresAt !== null && expiresAt <= now)
  if (isOver || status === 'revoked' || status === 'superseded') return 'never'
  return status === 'active' && row.expires_at > now ? 'now' : 'later'
}

async function setDue(
  tx: Kysely<Tables>,
  rows: readonly DueRow[],
  receipt_due_at: number | null,
): Promise<void> {
  if (rows.length === 0) return
  const ids = rows.map(({ device_id }) => device_id)
  await tx
    .updateTable('app_attest_keys')
    .set({ receipt_due_at })
    .where('device_id', 'in', ids)
    .execute()
}

function claimOf(row: DueRow, claimedUntil: number): DueReceipt {
  return {
    deviceId: row.device_id,
    appId: row.app_id,
    isDevelopment: row.development === 1,
    key: {
      keyId: row.key_id,
      spki: row.spki,
      counter: row.counter,
      environment: row.environment,
      appId: row.apple_app_id,
      receipt: row.receipt ?? new Uint8Array(),
    },
    receiptAt: row.receipt_at ?? row.updated_at,
    riskEffect: row.risk_effect,
    dueAt: row.receipt_due_at,
    claimedUntil,
  }
}
