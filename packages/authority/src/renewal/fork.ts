import { Problem } from '@sallyport/problem'
import type { DeviceStatus } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import type { CertificateConfig } from '../config/app-config.ts'
import { changeDeviceStatus } from '../devices/device-status.ts'
import type { CertificateRow, Tables } from '../store/tables.ts'

/** A clone that tries again and again is one row in this time, not a full disk. */
const recordEveryMs = 3_600_000

/** Two certificates of one device in two hands. */
export type Fork = {
  /** The one that was shown, with its key. */
  shown: CertificateRow
  /** The one that is in use, or that took its place. */
  rival: CertificateRow
  /** Who saw it: an address, `device:<id>` or `gateway:<name>`. */
  actor: string
  now: number
  detail: { readonly [member: string]: string }
}

/** Records a fork in the audit log, once an hour for each certificate that is shown. */
export async function recordFork(
  store: Kysely<Tables>,
  { shown, rival, actor, now, detail }: Fork,
): Promise<void> {
  const { thumbprint, device_id: subject, app_id: appId, forked_at: before } = shown
  if (before !== null && before <= now && now - before < recordEveryMs) return
  await store
    .updateTable('certificates')
    .set({ forked_at: now })
    .where('thumbprint', '=', thumbprint)
    .execute()
  const whole = {
    appId,
    shown: thumbprint,
    rival: rival.thumbprint,
    ...detail,
    ...changed({ forkedAt: before }, { forkedAt: now }),
  }
  await appendAudit(store, { at: now, actor, action: 'device.forked', subject, detail: whole })
}

const consequences: Readonly<Record<CertificateConfig['onFork'], DeviceStatus | undefined>> = {
  notify: undefined,
  suspend: 'suspended',
  revoke: 'revoked',
}

/**
 * Records a fork that a renewal brought to light, and does to the device what policy says. The renewal
 * itself is refused in every case.
 *
 * @returns the refusal, to be thrown once this is committed
 */
export async function refuseFork(
  store: Kysely<Tables>,
  fork: Fork,
  renewal: { spkiSha256: string; onFork: CertificateConfig['onFork'] },
): Promise<Problem> {
  const { shown, rival, now } = fork
  const { spkiSha256, onFork } = renewal
  await recordFork(store, { ...fork, detail: { ...fork.detail, spkiSha256, policy: onFork } })
  const status = consequences[onFork]
  if (status !== undefined) {
    await changeDeviceStatus(store, {
      deviceId: shown.device_id,
      status,
      reason: `certificates ${shown.thumbprint} and ${rival.thumbprint} are in two hands`,
      actor: 'authority',
      now,
    })
  }
  return new Problem('renewal_forked', {
    expected: `the key of ${rival.thumbprint}, which took the place of what was shown`,
    found: `the key ${spkiSha256}`,
  })
}
