import { createHash } from 'node:crypto'
import { readAttestationStatement } from '@sallyport/attestation'
import { parseCertificate } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import { type Evidence, fromBase64url } from '@sallyport/wire'
import { admitEvidence } from '../../appraisals/admit-evidence.ts'
import type { Appraisal } from '../../appraisals/appraisal.ts'
import { appraisalRow } from '../../appraisals/appraisal-row.ts'
import { attestedAs, attestedIdentifiers } from '../../appraisals/attested-identifiers.ts'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import { type Admission, admissionOf } from '../../enrollment/admission.ts'
import { policyGate } from '../../enrollment/policy-gate.ts'
import type { AcmeAuthorizationRow, AppraisalRow } from '../../store/tables.ts'
import { unattestedAdmission } from '../unattested-admission.ts'
import { type AccountMessage, payloadOf } from './acme-message.ts'
import { carriedFormats } from './attested-formats.ts'
import type { Validated } from './authorizations.ts'
import { deviceIdOf } from './identifiers.ts'
import { malformed } from './jws.ts'

/** What an attestation leaves behind with its authorization, JSON. */
export type AttestedEvidence = {
  readonly admission: Admission
  readonly appraisal: AppraisalRow
  /** All that it attests to be known by: ordered under another of them, it is the same device. */
  readonly identifiers: readonly string[]
  /** DER SubjectPublicKeyInfo of the key that is attested, base64url. */
  readonly spki: string
}

/** The app's version is told by nobody here. */
const unknownVersion = '0'

/**
 * Appraises the attestation that answers a `device-attest-01` challenge, by the policy of the app. The
 * key that it attests is the one that the order will certify.
 *
 * @throws EvidenceProblem; Problem `acme_identifier_mismatch`, `attestation_malformed`,
 *   `acme_message_malformed`
 */
export async function validateDevice(
  authority: Authority,
  message: AccountMessage,
  authorization: AcmeAuthorizationRow,
): Promise<Validated> {
  const { appId, acme, account, caller } = message
  const app = appOf(authority.config.apps, appId)
  const { mode, limits } = app.enrollment
  const gate = policyGate(mode)
  const { address } = caller
  const most = limits.failuresPerAddressPerHour
  authority.failedAttempts.refuseTooMany({ appId, address, most }, gate)
  const evidence = readEvidence(payloadOf(message)['attObj'])
  const { format: name } = evidence
  const format = Object.hasOwn(carriedFormats, name) ? carriedFormats[name] : undefined
  if (format === undefined) throw malformed('evidence that ACME carries', name)
  const { token } = authorization
  const keyAuthorization = `${token}.${account.key.thumbprint}`
  const spki = attestedKey(evidence)
  const sent = { challenge: format.challenge({ token, keyAuthorization }), spki, evidence }
  const { platform } = format
  const asserted = { platform, appVersion: unknownVersion }
  const order = { appId, app, purpose: 'enroll', platform, sent } as const
  const appraisal = await admitEvidence(authority, order, { gate, caller, asserted })
  const identifier = attestedIdentifier(appraisal, authorization.identifier_value)
  const admission =
    identifier === null
      ? { ...unattestedAdmission(acme, appraisal.at), platform, shadow: gate.findings }
      : { ...admissionOf(appraisal, asserted, gate), identifier }
  const row = appraisalRow(appraisal, { appId, facts: admission, ...caller })
  const identifiers = identifier === null ? [] : attestedIdentifiers(appraisal)
  const kept: AttestedEvidence = {
    admission,
    appraisal: row,
    identifiers,
    spki: spki.toString('base64url'),
  }
  return {
    evidence: JSON.stringify(kept),
    spkiSha256: createHash('sha256').update(spki).digest('base64url'),
  }
}

function readEvidence(attObj: unknown): Evidence {
  const bytes = typeof attObj === 'string' ? fromBase64url(attObj) : undefined
  if (bytes === undefined) throw malformed('attObj in base64url', typeof attObj)
  const read = readAttestationStatement(bytes)
  if ('format' in read) return read
  const { code = 'attestation_malformed', expected, found } = read
  throw new Problem(code, { expected, found })
}

/** The key of the leaf. Whether anything vouches for it, the appraisal says. */
function attestedKey({ chain }: Evidence): Buffer {
  const [leaf] = Array.isArray(chain) ? (chain as unknown[]) : []
  const der = typeof leaf === 'string' ? fromBase64url(leaf) : undefined
  try {
    return parseCertificate(der ?? new Uint8Array()).spki
  } catch (error) {
    if (!isProblem(error)) throw error
    const { expected = 'an X.509 certificate in DER', found = 'none' } = error
    throw new Problem('attestation_malformed', { expected, found, cause: error })
  }
}

/**
 * The ordered identifier as it is attested. Null where nothing is proven, which mode `shadow` lets pass.
 *
 * @throws Problem `acme_identifier_mismatch`
 */
function attestedIdentifier(appraisal: Appraisal, ordered: string): string | null {
  return appraisal.assurance === 'unattested' ? null : attestedAs(appraisal, deviceIdOf(ordered))
}
