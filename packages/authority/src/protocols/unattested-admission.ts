import { type Admission, nothingKnown } from '../enrollment/admission.ts'
import type { ProtocolConfig } from './protocol-config.ts'

/** What nobody told. It stands in certificates, where it must be something. */
const unknownVersion = '0'

/**
 * What a device is admitted as of which a credential is known and nothing else: its CA is one for such
 * devices alone, and believed no further.
 */
export function unattestedAdmission({ lane, platform }: ProtocolConfig, now: number): Admission {
  return {
    kind: 'unattested',
    lane,
    assurance: 'unattested',
    evidenceFormat: null,
    appraisedAt: now,
    platform,
    appVersion: unknownVersion,
    ...nothingKnown,
    shadow: [],
  }
}
