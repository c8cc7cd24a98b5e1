import type { Kysely } from 'kysely'
import type { AppraisalRow, Tables } from '../store/tables.ts'

/** Keeps an appraisal, in the transaction of what it is for. */
export async function recordAppraisal(
  store: Kysely<Tables>,
  row: AppraisalRow,
  deviceId: string | null,
): Promise<void> {
  const retention = deviceId === null ? row.retention : 'device'
  await store
    .insertInto('appraisals')
    .values({ ...row, device_id: deviceId, retention })
    .execute()
}

/** The device that an enrolment which waited for approval became. */
export async function assignAppraisal(
  store: Kysely<Tables>,
  appraisalId: string,
  deviceId: string,
): Promise<void> {
  await store
    .updateTable('appraisals')
    .set({ device_id: deviceId, retention: 'device' })
    .where('id', '=', appraisalId)
    .execute()
}

/**
 * What becomes of an appraisal when a newer one takes its place: it counts in reports for a while, and
 * its evidence goes. The attestation that registered an App Attest key stays beside its assertions.
 */
export async function supersedeAppraisal(
  store: Kysely<Tables>,
  appraisalId: string,
): Promise<void> {
  await store
    .updateTable('appraisals')
    .set({ retention: 'history', evidence: null, results: '[]' })
    .where('id', '=', appraisalId)
    .where((row) => row.or([row('purpose', '=', 'renew'), row('format', '!=', 'apple-app-attest')]))
    .execute()
}
