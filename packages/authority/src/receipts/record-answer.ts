import type { RefreshedReceipt } from '@sallyport/attestation'
import type { ReasonCode } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { AppAttestKeyRow, RiskEffect, Tables } from '../store/tables.ts'
import { judgeRisk, type RiskRule } from './device-risk.ts'
import type { DueReceipt } from './due-receipts.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** A receipt that is older, and of which Apple knows nothing: nobody refreshed it for too long. */
const forgottenAfterMs = 30 * dayMs
/** Of one that is younger Apple should know: it may have been somebody else who answered. */
const doubtedMs = 7 * dayMs

/** When a receipt is due that says nothing of it, as the first of a key does. */
export function dueAtOf(notBefore: number | null | undefined, now: number): number {
  return notBefore ?? now + dayMs
}

/**
 * Keeps a newer receipt and what it says, and carries out the policy on its metric, in one write.
 *
 * @returns what was done about the metric just now; undefined: nothing
 */
export async function recordRefreshed(
  tx: Kysely<Tables>,
  due: DueReceipt,
  { receipt, fields }: RefreshedReceipt,
  { rule, now }: { rule: RiskRule | undefined; now: number },
): Promise<RiskEffect | undefined> {
  const { riskMetric = null, notBefore = null, expirationTime } = fields
  const isKept = await setKey(tx, due, {
    receipt,
    receipt_at: now,
    receipt_not_before: notBefore,
    receipt_expires_at: expirationTime,
    // Never at once again, whatever the receipt says.
    receipt_due_at: spread(Math.max(dueAtOf(notBefore, now), now + hourMs)),
    receipt_fault: null,
    risk_metric: riskMetric,
    updated_at: now,
  })
  if (!isKept || riskMetric === null || rule === undefined) return undefined
  const { deviceId, riskEffect } = due
  const judged = await judgeRisk(tx, { deviceId, riskMetric, effect: riskEffect }, rule, now)
  if (judged.effect === riskEffect) return undefined
  await tx
    .updateTable('app_attest_keys')
    .set({ risk_effect: judged.effect })
    .where('device_id', '=', deviceId)
    .execute()
  return judged.isNew ? (judged.effect ?? undefined) : undefined
}

/** There is no newer one yet. */
export async function recordUnchanged(
  tx: Kysely<Tables>,
  due: DueReceipt,
  now: number,
): Promise<void> {
  await setKey(tx, due, { receipt_due_at: spread(now + dayMs), receipt_fault: null })
}

/** Apple has nothing more on it. It is asked again only where that is doubtful. */
export async function recordGone(
  tx: Kysely<Tables>,
  due: DueReceipt,
  { code, now }: { code: ReasonCode; now: number },
): Promise<void> {
  const isForgotten = now - due.receiptAt >= forgottenAfterMs
  const receipt_due_at = isForgotten ? null : spread(now + doubtedMs)
  await setKey(tx, due, { receipt_due_at, receipt_fault: code })
}

/** Not this receipt's fault; but should it be, others come first. */
export async function recordFailed(
  tx: Kysely<Tables>,
  due: DueReceipt,
  { code, now }: { code: ReasonCode; now: number },
): Promise<void> {
  await setKey(tx, due, { receipt_due_at: spread(now + hourMs), receipt_fault: code })
}

/** Gives up claims: they are as due as before. */
export async function release(tx: Kysely<Tables>, claimed: readonly DueReceipt[]): Promise<void> {
  for (const due of claimed) await setKey(tx, due, { receipt_due_at: due.dueAt })
}

/** @returns false, with nothing written, where the claim ran out and another has it, or the key is another */
async function setKey(
  tx: Kysely<Tables>,
  { deviceId, key, claimedUntil }: DueReceipt,
  values: Partial<AppAttestKeyRow>,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('app_attest_keys')
    .set(values)
    .where('device_id', '=', deviceId)
    .where('key_id', '=', key.keyId)
    .where('receipt_due_at', '=', claimedUntil)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** What fell due at once, as after a release of the app, does not fall due at once for ever. */
function spread(at: number): number {
  return at + Math.round(Math.random() * hourMs)
}
