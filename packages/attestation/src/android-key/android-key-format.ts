import type { EvidenceFormat } from '../appraisal.ts'
import { appraiseAndroidKey } from './appraise-android-key.ts'

/** `{format: 'android-key', chain: [base64url DER, leaf first]}` */
export const androidKeyFormat: EvidenceFormat = {
  name: 'android-key',
  role: 'evidence',
  appraise: async (_evidence, { at, trust, policy }) =>
    appraiseAndroidKey({ chain: [], at, trust: trust.android, policy: policy.android ?? {} }),
}
