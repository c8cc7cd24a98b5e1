import type { SignedCertificate } from '../issuance/sign-certificate.ts'
import type { DeviceRow } from '../store/tables.ts'
import { type Admission, shadowText } from './admission.ts'
import { networkOf } from './network-of.ts'

/** What is written of a device of which nothing but its admission is known: no user, and no protocol. */
export function deviceRow(facts: {
  appId: string
  deviceId: string
  admission: Admission
  signed: SignedCertificate
  /** Whom it enrolled from. */
  address: string
  now: number
}): DeviceRow {
  const { appId, deviceId, admission, signed, address, now } = facts
  return {
    id: deviceId,
    app_id: appId,
    trust_domain: signed.trustDomain,
    status: 'active',
    status_reason: null,
    status_changed_at: now,
    development: admission.kind === 'development' ? 1 : 0,
    assurance: admission.assurance,
    platform: admission.platform,
    app_version: admission.appVersion,
    os_patch_level: admission.osPatchLevel,
    evidence_format: admission.evidenceFormat,
    appraised_at: admission.appraisedAt,
    enrolled_at: now,
    expires_at: signed.certificate.notAfter,
    shadow: shadowText(admission.shadow),
    model: admission.model,
    os_version: admission.osVersion,
    proven_facts: JSON.stringify(admission.provenFacts),
    user_provider: null,
    user_subject: null,
    phone_id: null,
    enrolled_from: address,
    enrolled_network: networkOf(address),
    batch: admission.batch,
    appraisal_id: admission.standing?.appraisalId ?? null,
    protocol: null,
    authorized_by: null,
    identifier: admission.identifier ?? null,
  }
}
