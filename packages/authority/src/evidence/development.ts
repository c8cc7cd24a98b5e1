import { verify } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { enrollmentProofBase, fromBase64url } from '@sallyport/wire'
import type { AppraisalCheck, EvidenceFormat } from './appraisal.ts'

const maxStatementCharacters = 2_048

/**
 * Development evidence: a signature by the key itself over challenge and key. It proves that a key in
 * software is there, and nothing of the app or the phone; only apps with
 * `insecureDevelopmentDevices` take it, and its certificates come from the development root.
 */
export const development: EvidenceFormat = {
  name: 'development',
  appraise(evidence, subject, policy) {
    const statement = evidence['statement']
    const signed =
      typeof statement === 'string' &&
      statement.length <= maxStatementCharacters &&
      isSigned(statement, subject)
    const checks: AppraisalCheck[] = [
      {
        check: 'insecureDevelopmentDevices',
        ok: policy.insecureDevelopmentDevices,
        expected: 'true',
        found: String(policy.insecureDevelopmentDevices),
      },
      {
        check: 'statement',
        ok: signed,
        expected: 'a signature by the key of the request over challenge and key',
        found: signed ? 'a valid signature' : 'none that verifies',
      },
    ]
    const failed = checks.find((check) => !check.ok)
    if (failed === undefined) {
      return Promise.resolve({ assurance: 'software', development: true, checks })
    }
    const code = policy.insecureDevelopmentDevices
      ? 'evidence_refused'
      : 'evidence_development_refused'
    const { expected, found } = failed
    return Promise.resolve({
      assurance: 'unattested',
      development: false,
      checks,
      refusal: new Problem(code, { expected, found }),
    })
  },
}

function isSigned(
  statement: string,
  { challenge, spki, publicKey }: Parameters<EvidenceFormat['appraise']>[1],
): boolean {
  const signature = fromBase64url(statement)
  if (signature === undefined) return false
  return verify('sha256', enrollmentProofBase(challenge, spki), publicKey, signature)
}
