import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { Tables } from '../../store/tables.ts'
import type { ProtocolOrder } from '../protocol-order.ts'

/**
 * What the certificate of a CA that vouches for devices lets in: the device that has it. One that an operator
 * suspended or revoked does not come back by the certificate that it came with, but by a one-time token.
 */
export function vouchedCredential(
  certificateThumbprint: string,
  { appId, spkiSha256 }: { appId: string; spkiSha256: string },
): Pick<ProtocolOrder, 'reference' | 'authorizedBy' | 'record'> {
  const authorizedBy = `certificate:${certificateThumbprint}`
  return {
    reference: `${authorizedBy}:${spkiSha256}`,
    authorizedBy,
    // Also when it was approved: the device may have been ended while it waited.
    record: (tx) => refuseBarred(tx, appId, authorizedBy),
  }
}

/** @throws Problem `device_suspended`, `device_revoked` */
async function refuseBarred(
  store: Kysely<Tables>,
  appId: string,
  authorizedBy: string,
): Promise<void> {
  const barred = await store
    .selectFrom('devices')
    .select(['id', 'status'])
    .where('authorized_by', '=', authorizedBy)
    .where('app_id', '=', appId)
    .where('status', 'in', ['suspended', 'revoked'])
    .limit(1)
    .executeTakeFirst()
  if (barred === undefined) return
  throw new Problem(barred.status === 'suspended' ? 'device_suspended' : 'device_revoked', {
    expected: 'a device that is active, or is new',
    found: `device ${barred.id}, which is ${barred.status} and came with this certificate`,
  })
}
