import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { recordAppraisal, supersedeAppraisal } from '../appraisals/record-appraisal.ts'
import { replaceStanding } from '../appraisals/standing.ts'
import type { AuthenticatedDevice } from '../devices/authenticate-device.ts'
import type { Challenge } from '../enrollment/challenge.ts'
import { shadowText } from '../enrollment/admission.ts'
import { usedChallenge, useChallenge } from '../enrollment/used-challenge.ts'
import type { DeviceRow, Tables } from '../store/tables.ts'
import {
  issuedOfLate,
  recordSuccessor,
  refuseSuccessor,
  type Successor,
} from './record-successor.ts'
import type { Renewal } from './renewal-caller.ts'
import type { RenewalAdmission } from './renewal-evidence.ts'

export type NewRenewal = RenewalAdmission & Omit<Successor, 'app'> & { renewal: Renewal }

/**
 * The one write of a renewal: the new certificate, its place in the lineage, what is known of the
 * device, and the audit log.
 *
 * @returns undefined, with nothing written, where another assertion of the device was first
 * @throws Problem `challenge_used`, those of `refuseSuccessor`
 */
export async function recordRenewal(
  store: Kysely<Tables>,
  order: NewRenewal,
): Promise<AuthenticatedDevice | undefined> {
  const { renewal, admission, appraisal, now } = order
  const { app, challenge, request } = renewal
  const { spkiSha256 } = request
  const successor = { ...order, app }
  if (challenge !== undefined) await refuseUsed(store, challenge, spkiSha256)
  const appAttestKeyId = admission.standing?.appAttestKey?.keyId
  const issued = await issuedOfLate(store, order.device.id, now)
  await refuseSuccessor(store, { ...successor, issued }, { spkiSha256, appAttestKeyId })
  if (!(await recordEvidence(store, order))) return undefined
  const changes = changesOf(order)
  const renewed = await recordSuccessor(store, successor, {
    changes,
    detail: {
      assurance: changes.assurance,
      evidence: appraisal?.format ?? null,
      shadow: admission.shadow.map(({ check, code }) => ({ check, code })),
    },
  })
  if (challenge !== undefined) {
    const { thumbprint } = renewed.certificate
    await useChallenge(store, challenge, { spkiSha256, now, thumbprint })
  }
  return renewed
}

/** What new evidence leaves behind takes the place of what was there. @returns false where it was overtaken */
async function recordEvidence(
  store: Kysely<Tables>,
  { device, admission: { standing }, appraisal, registered, now }: NewRenewal,
): Promise<boolean> {
  if (standing === null || appraisal === undefined) return true
  if (!(await replaceStanding(store, device.id, standing, { registered, now }))) return false
  if (device.appraisal_id !== null) await supersedeAppraisal(store, device.appraisal_id)
  await recordAppraisal(store, appraisal, device.id)
  return true
}

function changesOf({ device, admission, appraisal }: NewRenewal) {
  return {
    assurance: admission.assurance,
    platform: admission.platform,
    app_version: admission.appVersion,
    model: admission.model,
    os_version: admission.osVersion,
    os_patch_level: admission.osPatchLevel,
    proven_facts: JSON.stringify(admission.provenFacts),
    batch: admission.batch,
    evidence_format: admission.evidenceFormat,
    appraised_at: admission.appraisedAt,
    appraisal_id: admission.standing?.appraisalId ?? device.appraisal_id,
    shadow: appraisal === undefined ? device.shadow : shadowText(admission.shadow),
  } satisfies Partial<DeviceRow>
}

/**
 * One challenge makes one certificate: a second renewal under it, of another certificate, is refused.
 *
 * @throws Problem `challenge_used`
 */
export async function refuseUsed(
  store: Kysely<Tables>,
  challenge: Challenge,
  spkiSha256: string,
): Promise<void> {
  const used = await usedChallenge(store, challenge, spkiSha256)
  if (used === undefined) return
  throw new Problem('challenge_used', {
    expected: 'a challenge for each renewal',
    found: `one that certificate ${used.thumbprint} was issued under`,
  })
}
