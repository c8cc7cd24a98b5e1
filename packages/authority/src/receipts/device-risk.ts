import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import type { RiskPolicy } from '../config/receipts-config.ts'
import { canBecome, changeStatuses, findDevice } from '../devices/device-status.ts'
import type { RiskEffect, Tables } from '../store/tables.ts'

/** When a metric is a risk, and what then happens. */
export type RiskRule = { readonly maxRiskMetric: number; readonly onRisk: RiskPolicy }

export type JudgedDevice = {
  readonly deviceId: string
  readonly riskMetric: number
  /** What was done about it before. */
  readonly effect: RiskEffect | null
}

/**
 * Carries out the policy on a device whose phone made more App Attest keys than it may: once for each
 * time that the metric rises above the most, and again where the policy is stricter than it was. Who
 * resumes a suspended device is not overruled while the metric stays there.
 *
 * @returns what was done by now, and whether just now
 */
export async function judgeRisk(
  tx: Kysely<Tables>,
  { deviceId, riskMetric, effect: before }: JudgedDevice,
  { maxRiskMetric, onRisk }: RiskRule,
  now: number,
): Promise<{ effect: RiskEffect | null; isNew: boolean }> {
  if (riskMetric <= maxRiskMetric) return { effect: null, isNew: false }
  const device = await findDevice(tx, deviceId)
  const isSuspending = onRisk === 'suspend' && canBecome(device.status, 'suspended')
  const effect = isSuspending ? 'suspended' : 'notified'
  if (before === 'suspended' || before === effect) return { effect: before, isNew: false }
  await appendAudit(tx, {
    at: now,
    actor: 'authority',
    action: 'device.risk',
    subject: deviceId,
    detail: {
      appId: device.app_id,
      riskMetric,
      maxRiskMetric,
      ...changed({ effect: before }, { effect }),
    },
  })
  if (isSuspending) {
    const reason = `this phone made ${riskMetric} App Attest keys in 30 days, more than ${maxRiskMetric}`
    await changeStatuses(tx, [{ device, reason }], { status: 'suspended', actor: 'authority', now })
  }
  return { effect, isNew: true }
}
