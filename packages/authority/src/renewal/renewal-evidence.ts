import { Problem } from '@sallyport/problem'
import type { Assurance, RenewalRequest } from '@sallyport/wire'
import type { AuthenticatedDevice } from '../devices/authenticate-device.ts'
import { type Admission, admissionOf, appraiseEvidence } from '../enrollment/admission.ts'
import { policyGate } from '../enrollment/policy-gate.ts'
import type { Renewal } from './renewal-caller.ts'
import type { Succession } from './succession.ts'

const dayMs = 24 * 3_600_000

/**
 * What a renewed certificate will say. Evidence is needed for another key, for one that replaces a
 * successor, and where the last was appraised too long ago; otherwise what was proven stays proven.
 *
 * @throws Problem `renewal_evidence_required`, `message_malformed` where evidence comes without a
 *   challenge, `evidence_refused`, and what the format refuses with
 */
export async function renewalAdmission(
  renewal: Renewal,
  message: RenewalRequest,
  { certificate, device }: AuthenticatedDevice,
  succession: Succession,
  now: number,
): Promise<Admission> {
  const { app, request } = renewal
  const kind = device.development === 1 ? 'development' : 'device'
  const gate = policyGate(app.enrollment.mode)
  const isSameKey = request.spkiSha256 === certificate.spki_sha256
  const isOld = now - device.appraised_at > app.certificate.maxAgeDays * dayMs
  const isNeeded = !isSameKey || isOld || succession.kind === 'replace'
  const takesEvidence = app.enrollment.evidence.length > 0

  if (message.evidence === undefined) {
    if (isNeeded && takesEvidence) {
      const found = `none; ${isSameKey ? 'the same key' : 'another key'}, appraised ${new Date(device.appraised_at).toISOString()}`
      const expected = `one of ${app.enrollment.evidence.join(', ')}`
      gate.refuse('evidence', new Problem('renewal_evidence_required', { expected, found }))
    }
    return {
      kind,
      // Nothing is known of a key that brought no evidence.
      assurance: isSameKey ? (device.assurance as Assurance) : 'unattested',
      evidenceFormat: isSameKey ? device.evidence_format : null,
      appraisedAt: isSameKey ? device.appraised_at : now,
      platform: message.platform,
      appVersion: message.appVersion,
      osPatchLevel: message.osPatchLevel,
      shadow: gate.findings,
    }
  }
  if (renewal.challenge === undefined) {
    throw new Problem('message_malformed', {
      detail: 'Evidence comes with the challenge it answers',
    })
  }
  const subject = { challenge: renewal.challenge.bytes, request }
  const appraisal = await appraiseEvidence(app, gate, message.evidence, subject)
  const admission = admissionOf(appraisal, message, gate, now)
  if (admission.kind !== kind && appraisal.refusal === undefined) {
    throw new Problem('evidence_refused', {
      expected: `evidence of a ${kind} key: a device does not change its root by renewing`,
      found: `evidence of a ${admission.kind} key`,
    })
  }
  return { ...admission, kind }
}
