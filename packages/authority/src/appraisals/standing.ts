import type { AppAttestKey } from '@sallyport/attestation'
import { fromBase64url, toBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { dueAtOf } from '../receipts/record-answer.ts'
import type { AppAttestKeyRow, Tables } from '../store/tables.ts'
import type { Appraisal, ReceiptFacts } from './appraisal.ts'
import { isWorthKeeping } from './appraisal-row.ts'

/** What evidence leaves behind with the device that it admits, beside the appraisal itself. JSON. */
export type Standing = {
  appraisalId: string
  serials: readonly string[]
  appAttestKey: StoredAppAttestKey | null
}
type StoredAppAttestKey = Omit<AppAttestKey, 'spki' | 'receipt'> & {
  /** base64url. */
  spki: string
  receipt: string | null
  receiptFacts: ReceiptFacts | null
}

export function standingOf(appraisal: Appraisal): Standing | null {
  if (!isWorthKeeping(appraisal)) return null
  const { id: appraisalId, serials, appAttestKey: key, receipt } = appraisal
  return { appraisalId, serials, appAttestKey: key === null ? null : storedKey(key, receipt) }
}

function storedKey(
  { spki, receipt, ...key }: AppAttestKey,
  receiptFacts: ReceiptFacts | null,
): StoredAppAttestKey {
  return {
    ...key,
    receiptFacts,
    spki: toBase64url(spki),
    receipt: receipt === undefined ? null : toBase64url(receipt),
  }
}

/** The App Attest key that a device asserts with, where it registered one. */
export async function registeredKey(
  store: Kysely<Tables>,
  deviceId: string,
): Promise<AppAttestKey | undefined> {
  const row = await store
    .selectFrom('app_attest_keys')
    .selectAll()
    .where('device_id', '=', deviceId)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    keyId: row.key_id,
    spki: row.spki,
    counter: row.counter,
    environment: row.environment,
    appId: row.apple_app_id,
    ...(row.receipt === null ? {} : { receipt: row.receipt }),
  }
}

/** Gives a device what its evidence leaves behind, in the transaction that enrols it. */
export async function recordStanding(
  store: Kysely<Tables>,
  deviceId: string,
  { serials, appAttestKey }: Standing,
  now: number,
): Promise<void> {
  await insertSerials(store, deviceId, serials)
  if (appAttestKey !== null) {
    await store
      .insertInto('app_attest_keys')
      .values(keyRow(deviceId, appAttestKey, now))
      .execute()
  }
}

/**
 * Gives a device what newer evidence leaves behind, in the transaction of its renewal: the chain that it
 * rests on now; a first App Attest key, or the counter of the one it has.
 *
 * @param registered the key as the evidence was appraised against it
 * @returns false, with nothing written, where another assertion moved the counter meanwhile
 */
export async function replaceStanding(
  store: Kysely<Tables>,
  deviceId: string,
  { serials, appAttestKey: key }: Standing,
  { registered, now }: { registered: AppAttestKey | undefined; now: number },
): Promise<boolean> {
  if (key !== null && registered !== undefined) {
    const { numUpdatedRows } = await store
      .updateTable('app_attest_keys')
      .set({ counter: key.counter, updated_at: now })
      .where('device_id', '=', deviceId)
      .where('key_id', '=', registered.keyId)
      .where('counter', '=', registered.counter)
      .where('counter', '<', key.counter)
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) return false
  }
  if (key !== null && registered === undefined) {
    const { numInsertedOrUpdatedRows } = await store
      .insertInto('app_attest_keys')
      .values(keyRow(deviceId, key, now))
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    if (numInsertedOrUpdatedRows !== 1n) return false
  }
  // One that stays keeps what was done about it.
  const before = store.deleteFrom('attestation_serials').where('device_id', '=', deviceId)
  await (serials.length === 0 ? before : before.where('serial', 'not in', serials)).execute()
  await insertSerials(store, deviceId, serials)
  return true
}

async function insertSerials(
  store: Kysely<Tables>,
  deviceId: string,
  serials: readonly string[],
): Promise<void> {
  if (serials.length === 0) return
  const rows = [...new Set(serials)].map((serial) => ({
    serial,
    device_id: deviceId,
    handled_at: null,
  }))
  await store
    .insertInto('attestation_serials')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

function keyRow(deviceId: string, key: StoredAppAttestKey, now: number): AppAttestKeyRow {
  return {
    device_id: deviceId,
    key_id: key.keyId,
    spki: fromBase64url(key.spki) ?? new Uint8Array(),
    counter: key.counter,
    environment: key.environment,
    apple_app_id: key.appId,
    receipt: key.receipt === null ? null : (fromBase64url(key.receipt) ?? null),
    receipt_not_before: key.receiptFacts?.notBefore ?? null,
    receipt_expires_at: key.receiptFacts?.expiresAt ?? null,
    risk_metric: key.receiptFacts?.riskMetric ?? null,
    updated_at: now,
    receipt_at: key.receipt === null ? null : now,
    receipt_due_at: key.receipt === null ? null : dueAtOf(key.receiptFacts?.notBefore, now),
    receipt_fault: null,
    risk_effect: null,
  }
}
