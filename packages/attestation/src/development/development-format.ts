import type { EvidenceFormat } from '../appraisal.ts'
import { surplusMember } from '../closed-evidence.ts'
import { malformedResult } from '../malformed-result.ts'
import { appraiseDevelopment, developmentChecks } from './appraise-development.ts'

const name = 'development'

/** `{format: 'development', statement: base64url}` */
export const developmentFormat: EvidenceFormat = {
  name,
  role: 'evidence',
  reach: 'software',
  appraise: async (evidence, { challenge, spki, policy }) => {
    const { statement } = evidence
    const surplus = surplusMember(evidence, ['statement'])
    if (surplus !== undefined) return malformedResult(name, developmentChecks, surplus)
    if (typeof statement !== 'string') {
      const fault = { expected: 'statement: a text', found: typeof statement }
      return malformedResult(name, developmentChecks, fault)
    }
    const { insecureDevelopmentDevices = false, minimumAssurance } = policy
    const asked = { challenge, spki, insecureDevelopmentDevices, minimumAssurance }
    return appraiseDevelopment({ statement, ...asked })
  },
}
