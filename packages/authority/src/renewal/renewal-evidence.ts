import type { AppAttestKey } from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'
import type { Assurance, Platform, RenewalRequest } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { admitEvidence } from '../appraisals/admit-evidence.ts'
import { appraisalRow, isWorthKeeping } from '../appraisals/appraisal-row.ts'
import { attestedAs } from '../appraisals/attested-identifiers.ts'
import {
  type AssertedFacts,
  deviceFacts,
  type DeviceFacts,
  type ProvableFact,
} from '../appraisals/device-facts.ts'
import type { Authority, Caller } from '../authority.ts'
import type { AuthenticatedDevice } from '../devices/authenticate-device.ts'
import { type Admission, admissionOf } from '../enrollment/admission.ts'
import { policyGate } from '../enrollment/policy-gate.ts'
import type { AppraisalRow, DeviceRow, Tables } from '../store/tables.ts'
import { evidenceNeed } from './evidence-need.ts'
import type { Renewal } from './renewal-caller.ts'
import type { Succession } from './succession.ts'

/** What a renewed certificate will say, and what that rests on. */
export type RenewalAdmission = {
  admission: Admission
  /** Of new evidence. Without it, the appraisal of before goes on counting. */
  appraisal: AppraisalRow | undefined
  /** The App Attest key of the device, as the evidence was appraised against it. */
  registered: AppAttestKey | undefined
}

type Attempt = {
  renewal: Renewal
  message: RenewalRequest
  holder: AuthenticatedDevice
  succession: Succession
  /** The App Attest key of the device, where it has one. */
  registered: AppAttestKey | undefined
  caller: Caller
}

/**
 * What a renewed certificate will say. Evidence is needed for another key, for one that replaces a
 * successor, where the last was appraised too long ago, and each time by a device that asserts with an
 * App Attest key; otherwise what was proven stays proven.
 *
 * @throws Problem `renewal_evidence_required`, `acme_identifier_mismatch`, `message_malformed` where evidence comes
 *   without a challenge; EvidenceProblem with the code of the check that failed
 */
export async function renewalAdmission(
  authority: Authority,
  attempt: Attempt,
): Promise<RenewalAdmission> {
  const { renewal, message, holder, succession, registered, caller } = attempt
  const { app, appId, request } = renewal
  const { device } = holder
  const { read } = authority.store
  const gate = policyGate(app.enrollment.mode)
  const isSameKey = request.spkiSha256 === holder.certificate.spki_sha256
  if (message.evidence === undefined) {
    const last = await lastAppraisal(read, device)
    const facts = { app, holder, isSameKey, succession, registered, appraisal: last }
    const need = evidenceNeed({ ...facts, now: authority.now() })
    const isKept = isSameKey && registered === undefined
    // What goes on without a standing is noted where it is appraised.
    if (need !== undefined && (isKept || app.enrollment.mode === 'enforce'))
      gate.refuse('evidence', need)
    if (isKept) {
      const admission = { ...keptAdmission(device, message), shadow: gate.findings }
      return { admission, appraisal: undefined, registered }
    }
  }
  const asserted = assertedFacts(device, message)
  const kind = kindOf(device)
  const appraisal = await admitEvidence(
    authority,
    {
      appId,
      app,
      purpose: 'renew',
      platform: message.platform,
      sent: sentEvidence(renewal, message),
      appAttestKey: registered,
      device: { kind, platform: provenPlatform(device) },
    },
    { gate, caller, asserted },
  )
  // One that is managed is known by what it attests: another phone, which nobody manages, does not become it.
  const isProven = appraisal.assurance !== 'unattested'
  if (device.identifier !== null && isProven) attestedAs(appraisal, device.identifier)
  const admission = { ...admissionOf(appraisal, asserted, gate), kind }
  const row = isWorthKeeping(appraisal)
    ? appraisalRow(appraisal, { appId, facts: admission, ...caller })
    : undefined
  return { admission, appraisal: row, registered }
}

function kindOf(device: DeviceRow): 'device' | 'development' {
  return device.development === 1 ? 'development' : 'device'
}

function provenFacts(device: DeviceRow): ReadonlySet<ProvableFact> {
  return new Set(JSON.parse(device.proven_facts) as ProvableFact[])
}

function provenPlatform(device: DeviceRow): Platform | undefined {
  return provenFacts(device).has('platform') ? (device.platform as Platform) : undefined
}

function sentEvidence({ challenge, request }: Renewal, { evidence, signals }: RenewalRequest) {
  if (challenge === undefined && (evidence !== undefined || signals !== undefined)) {
    throw new Problem('message_malformed', {
      detail: 'Evidence comes with the challenge it answers',
    })
  }
  // Without a challenge nothing came that could answer one.
  const bytes = challenge?.bytes ?? new Uint8Array()
  return { challenge: bytes, spki: request.spki, evidence, signals }
}

async function lastAppraisal(store: Kysely<Tables>, { appraisal_id: id }: DeviceRow) {
  if (id === null) return undefined
  const query = store.selectFrom('appraisals').select(['mode', 'outcome']).where('id', '=', id)
  return query.executeTakeFirst()
}

/** What the phone says now; where it says nothing, what it said before. */
function assertedFacts(device: DeviceRow, message: RenewalRequest): AssertedFacts {
  return {
    platform: message.platform,
    appVersion: message.appVersion,
    osPatchLevel: message.osPatchLevel ?? device.os_patch_level ?? undefined,
    osVersion: message.osVersion ?? device.os_version ?? undefined,
    deviceModel: message.deviceModel ?? device.model ?? undefined,
  }
}

/** Without new evidence, what was proven stays proven, as of when it was, and nothing more is. */
function keptAdmission(device: DeviceRow, message: RenewalRequest): Omit<Admission, 'shadow'> {
  const proven = provenFacts(device)
  const known: Pick<DeviceFacts, ProvableFact> = {
    platform: device.platform as Platform,
    model: device.model,
    osVersion: device.os_version,
    osPatchLevel: device.os_patch_level,
  }
  const kept = Object.entries(known).filter(([fact]) => proven.has(fact as ProvableFact))
  return {
    ...deviceFacts(Object.fromEntries(kept), assertedFacts(device, message)),
    kind: kindOf(device),
    assurance: device.assurance as Assurance,
    evidenceFormat: device.evidence_format,
    appraisedAt: device.appraised_at,
    batch: device.batch,
    provisioning: null,
    standing: null,
  }
}
