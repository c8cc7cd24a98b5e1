import {
  type Problem,
  problemBody,
  type ProblemBody,
  publicCode,
  type ReasonCode,
  reasonOf,
} from '@sallyport/problem'
import type { Caller } from '../../authority.ts'
import { signatureAlgorithms } from './account-key.ts'

/** What an ACME client is told beside our own words: a type of RFC 8555 §6.7. */
export type AcmeError = { readonly type: string; readonly algorithms?: readonly string[] }

const namespace = 'urn:ietf:params:acme:error:'

/** Where area and status do not say it. */
const types: Partial<Record<ReasonCode, string>> = {
  acme_signature_invalid: 'malformed',
  acme_algorithm_refused: 'badSignatureAlgorithm',
  acme_key_refused: 'badPublicKey',
  acme_nonce_refused: 'badNonce',
  acme_url_mismatch: 'unauthorized',
  acme_account_unknown: 'accountDoesNotExist',
  acme_account_ended: 'unauthorized',
  acme_credential_required: 'externalAccountRequired',
  acme_credential_refused: 'unauthorized',
  acme_identifier_unsupported: 'unsupportedIdentifier',
  acme_identifier_refused: 'rejectedIdentifier',
  acme_identifier_mismatch: 'badAttestationStatement',
  acme_order_not_ready: 'orderNotReady',
  acme_csr_mismatch: 'badCSR',
  acme_revocation_refused: 'unauthorized',
  acme_revocation_reason_refused: 'badRevocationReason',
  acme_already_revoked: 'alreadyRevoked',
  acme_validation_unreachable: 'connection',
  acme_validation_wrong: 'incorrectResponse',
  evidence_refused: 'badAttestationStatement',
  csr_malformed: 'badCSR',
  csr_signature_invalid: 'badCSR',
  csr_key_not_allowed: 'badCSR',
}

/** The type of a refusal, with what RFC 8555 asks for beside it (§6.2). */
export function acmeErrorOf(code: ReasonCode): AcmeError {
  const type = namespace + typeOf(code)
  return code === 'acme_algorithm_refused' ? { type, algorithms: signatureAlgorithms } : { type }
}

function typeOf(code: ReasonCode): string {
  const { area, status } = reasonOf(code)
  const known = types[code]
  if (known !== undefined) return known
  if (status === 429) return 'rateLimited'
  if (status >= 500) return 'serverInternal'
  // draft-ietf-acme-device-attest §5.
  if (area === 'attestation') return 'badAttestationStatement'
  return status === 401 || status === 403 ? 'unauthorized' : 'malformed'
}

/** A problem document of ours as ACME has it. */
export const asAcmeProblem = (body: ProblemBody, code: ReasonCode) => ({
  ...body,
  ...acmeErrorOf(code),
})

/** What an order or a challenge is invalid by, as its client is told: JSON. */
export function errorText({ code, detail }: Problem, { requestId }: Caller): string {
  const told = publicCode(code)
  const body = problemBody(told, { requestId, ...(detail === undefined ? {} : { detail }) })
  return JSON.stringify(asAcmeProblem(body, told))
}
