import { type Evidence, fromBase64url } from '@sallyport/wire'
import type { AppraisalContext, EvidenceFormat } from '../appraisal.ts'
import type { AttestationResult } from '../attestation-result.ts'
import { clientDataOf } from '../client-data.ts'
import { surplusMember } from '../closed-evidence.ts'
import { type EvidenceFault, malformedResult } from '../malformed-result.ts'
import { appraiseAppAttestation } from './appraise-app-attestation.ts'
import { appraiseAssertion } from './appraise-assertion.ts'
import { provenByAppAttest } from './app-attest-subject.ts'
import { assertionChecks } from './assertion-checks.ts'
import { maxAssertionBytes } from './assertion-object.ts'
import { attestationChecks } from './attestation-checks.ts'
import { maxAttestationBytes } from './attestation-object.ts'

const name = 'apple-app-attest'

/**
 * `{format: 'apple-app-attest', keyId, attestation}` where a device enrols,
 * `{format: 'apple-app-attest', keyId, assertion}` where it renews: CBOR in base64url without padding;
 * the key id in base64 as Apple writes it. What the phone vouches for is `enrollmentProofBase`.
 */
export const appAttestFormat: EvidenceFormat = {
  name,
  role: 'evidence',
  reach: provenByAppAttest,
  platform: 'ios',
  appraise: async (evidence, context) =>
    Object.hasOwn(evidence, 'assertion')
      ? appraiseRenewal(evidence, context)
      : appraiseEnrolment(evidence, context),
}

function appraiseEnrolment(evidence: Evidence, context: AppraisalContext): AttestationResult {
  const read = readMembers(evidence, 'attestation', maxAttestationBytes)
  if ('expected' in read) return malformedResult(name, attestationChecks, read)
  const { at, trust, policy, appAttestKey } = context
  return appraiseAppAttestation({
    attestation: read.cbor,
    keyId: read.keyId,
    at,
    trust,
    clientData: clientDataOf(context),
    policy: policy.apple ?? {},
    minimumAssurance: policy.minimumAssurance,
    registeredKey: appAttestKey,
  })
}

function appraiseRenewal(evidence: Evidence, context: AppraisalContext): AttestationResult {
  const read = readMembers(evidence, 'assertion', maxAssertionBytes)
  if ('expected' in read) return malformedResult(name, assertionChecks, read)
  const { appAttestKey: key, policy } = context
  if (key === undefined) {
    return malformedResult(name, assertionChecks, {
      code: 'app_attest_attestation_required',
      expected: 'an attestation, as the device has no key registered',
      found: `an assertion by ${read.keyId}`,
    })
  }
  return appraiseAssertion({
    assertion: read.cbor,
    keyId: read.keyId,
    key,
    clientData: clientDataOf(context),
    policy: policy.apple ?? {},
    minimumAssurance: policy.minimumAssurance,
  })
}

/** 32 bytes in base64 with padding. */
const keyIdForm = /^[A-Za-z0-9+/]{43}=$/

function readMembers(
  evidence: Evidence,
  member: 'attestation' | 'assertion',
  maxBytes: number,
): { keyId: string; cbor: Uint8Array } | EvidenceFault {
  const surplus = surplusMember(evidence, ['keyId', member])
  if (surplus !== undefined) return surplus
  const { keyId, [member]: text } = evidence
  if (typeof keyId !== 'string' || !keyIdForm.test(keyId)) {
    return { expected: 'keyId: 32 bytes in base64, as Apple writes it', found: 'none' }
  }
  const expected = `${member}: base64url of at most ${maxBytes} bytes`
  if (typeof text === 'string' && text.length > Math.ceil((maxBytes * 4) / 3)) {
    return { code: 'attestation_too_large', expected, found: `${text.length} characters` }
  }
  const cbor = typeof text === 'string' ? fromBase64url(text) : undefined
  return cbor === undefined ? { expected, found: 'none' } : { keyId, cbor }
}
