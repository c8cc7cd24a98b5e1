import type { EvidenceFormat } from '../appraisal.ts'
import { clientDataOf } from '../client-data.ts'
import { surplusMember } from '../closed-evidence.ts'
import { malformedResult } from '../malformed-result.ts'
import { appraisePlayIntegrity } from './appraise-play-integrity.ts'
import { integrityChecks } from './integrity-checks.ts'

const name = 'play-integrity'

/** `{format: 'play-integrity', token: JWE in compact form}` */
export const playIntegrityFormat: EvidenceFormat = {
  name,
  role: 'signal',
  reach: 'unattested',
  platform: 'android',
  appraise: async (evidence, context) => {
    const { token } = evidence
    const surplus = surplusMember(evidence, ['token'])
    if (surplus !== undefined) return malformedResult(name, integrityChecks, surplus)
    if (typeof token !== 'string') {
      const fault = { expected: 'token: a text', found: typeof token }
      return malformedResult(name, integrityChecks, fault)
    }
    const { at, policy } = context
    const clientData = clientDataOf(context)
    return appraisePlayIntegrity({ token, clientData, at, policy: policy.playIntegrity })
  },
}
