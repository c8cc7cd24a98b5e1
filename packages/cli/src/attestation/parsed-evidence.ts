import type { Claims, EvidenceFile } from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'
import type { VerificationRequest } from './verification-request.ts'
import type { Verifier } from './verifier.ts'

/**
 * Everything that the format parses out of a file, whether or not it would be accepted.
 *
 * @throws Problem `attestation_malformed`, `attestation_too_large`
 */
export async function parsedEvidence(
  file: EvidenceFile,
  { format, verify }: Verifier,
  request: VerificationRequest,
): Promise<Claims> {
  if (file.kind === 'token' && request.policy.playIntegrity === undefined) {
    return { header: headerOf(file.token) }
  }
  const result = await verify(file, request)
  const fault = result?.checks.find(({ name, outcome }) => {
    return name === 'wellFormed' && outcome === 'failed'
  })
  if (result !== undefined && fault === undefined) return result.claims
  throw new Problem(fault?.code ?? 'attestation_malformed', {
    expected: fault?.expected ?? `evidence of the format ${format}`,
    found: fault?.found ?? `a ${file.kind}`,
  })
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
