import type { EvidenceFormat } from '../appraisal.ts'
import { readChainEvidence } from '../chain/chain-evidence.ts'
import { malformedResult } from '../malformed-result.ts'
import { appraiseManagedDevice } from './appraise-managed-device.ts'
import { managedDeviceChecks } from './managed-device-checks.ts'

const name = 'apple-mda'

/** `{format: 'apple-mda', chain: [base64url DER, leaf first]}` */
export const appleMdaFormat: EvidenceFormat = {
  name,
  role: 'evidence',
  reach: 'secure-enclave',
  appraise: async (evidence, { challenge, spki, at, trust, policy }) => {
    const chain = readChainEvidence(evidence)
    if (!Array.isArray(chain)) return malformedResult(name, managedDeviceChecks, chain)
    return appraiseManagedDevice({
      chain,
      challenge,
      spki,
      at,
      trust: trust.managedDevices,
      policy: policy.managedDevices ?? {},
      minimumAssurance: policy.minimumAssurance,
    })
  },
}
