import type { Claims, EvidenceFile } from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'
import type { VerificationRequest } from './verification-request.ts'
import type { Verifier } from './verifier.ts'

/** What was parsed, and why the rest of it could not be. */
export type ParsedEvidence = { readonly claims: Claims; readonly fault: Problem | undefined }

/**
 * Everything that the format parses out of a file, whether or not it would be accepted.
 *
 * @throws Problem `attestation_malformed`, `attestation_too_large` where nothing of it can be read
 */
export async function parsedEvidence(
  file: EvidenceFile,
  { format, verify }: Verifier,
  request: VerificationRequest,
): Promise<ParsedEvidence> {
  if (file.kind === 'token' && request.policy.playIntegrity === undefined) {
    return { claims: { header: headerOf(file.token) }, fault: undefined }
  }
  const result = await verify(file, request)
  const failed = result?.checks.find(({ name, outcome }) => {
    return name === 'wellFormed' && outcome === 'failed'
  })
  if (result !== undefined && failed === undefined) {
    return { claims: result.claims, fault: undefined }
  }
  const fault = new Problem(failed?.code ?? 'attestation_malformed', {
    expected: failed?.expected ?? `evidence of the format ${format}`,
    found: failed?.found ?? `a ${file.kind}`,
  })
  // Of a chain whose attestation cannot be read, the certificates are there still.
  if (result === undefined || Object.keys(result.claims).length === 0) throw fault
  return { claims: result.claims, fault }
}

/** All that can be read of a token without the keys that open it. */
function headerOf(token: string): Claims {
  try {
    return JSON.parse(
      Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'),
    ) as Claims
  } catch {
    throw new Problem('attestation_malformed', {
      expected: 'a token whose header is JSON',
      found: 'something else',
    })
  }
}
