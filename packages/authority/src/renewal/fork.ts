import { Problem } from '@sallyport/problem'
import type { DeviceStatus } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Caller } from '../authority.ts'
import { appendAudit } from '../audit/audit-log.ts'
import type { CertificateConfig } from '../config/app-config.ts'
import { changeDeviceStatus } from '../devices/device-status.ts'
import type { CertificateRow, Tables } from '../store/tables.ts'

const consequences: Readonly<Record<CertificateConfig['onFork'], DeviceStatus | undefined>> = {
  notify: undefined,
  suspend: 'suspended',
  revoke: 'revoked',
}

/**
 * Records that two hold one certificate, and does to the device what policy says. The renewal itself
 * is refused in every case.
 *
 * @returns the refusal, to be thrown once this is committed
 */
export async function recordFork(
  store: Kysely<Tables>,
  fork: {
    predecessor: CertificateRow
    successor: CertificateRow
    spkiSha256: string
    onFork: CertificateConfig['onFork']
    caller: Caller
    now: number
  },
): Promise<Problem> {
  const { predecessor, successor, onFork, caller, now } = fork
  await appendAudit(store, {
    at: now,
    actor: caller.address,
    action: 'device.forked',
    subject: predecessor.device_id,
    detail: {
      predecessor: predecessor.thumbprint,
      successor: successor.thumbprint,
      spkiSha256: fork.spkiSha256,
      policy: onFork,
      requestId: caller.requestId,
    },
  })
  const status = consequences[onFork]
  if (status !== undefined) {
    await changeDeviceStatus(store, {
      deviceId: predecessor.device_id,
      status,
      reason: `certificate ${predecessor.thumbprint} was renewed by two keys`,
      actor: 'authority',
      now,
    })
  }
  return new Problem('renewal_forked', {
    expected: `the key of its successor ${successor.thumbprint}, which is in use`,
    found: `the key ${fork.spkiSha256}`,
  })
}
