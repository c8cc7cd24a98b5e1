import type { EvidenceFormat } from '../appraisal.ts'
import { readChainEvidence } from '../chain/chain-evidence.ts'
import { malformedResult } from '../malformed-result.ts'
import { androidKeyChecks } from './android-key-checks.ts'
import { appraiseAndroidKey } from './appraise-android-key.ts'

/** Android Key Attestation: `{format: 'android-key', chain: [base64url DER, leaf first]}`. */
export const androidKeyFormat: EvidenceFormat = {
  name: 'android-key',
  role: 'evidence',
  reach: 'strongbox',
  platform: 'android',
  appraise: async (evidence, { challenge, spki, at, trust, policy }) => {
    const chain = readChainEvidence(evidence)
    if (!Array.isArray(chain)) return malformedResult('android-key', androidKeyChecks, chain)
    return appraiseAndroidKey({
      chain,
      challenge,
      spki,
      at,
      trust: trust.android,
      policy: policy.android ?? {},
      minimumAssurance: policy.minimumAssurance,
    })
  },
}
