import type { Assurance, IssuerKind } from '@sallyport/wire'
import type { Appraisal } from '../appraisals/appraisal.ts'
import { type AssertedFacts, type DeviceFacts, deviceFacts } from '../appraisals/device-facts.ts'
import { type Standing, standingOf } from '../appraisals/standing.ts'
import type { Claimant } from '../users/new-device.ts'
import type { PolicyGate, ShadowFinding } from './policy-gate.ts'

/** What a device is admitted as: what its certificate will say. Kept as JSON while approval is waited for. */
export type Admission = DeviceFacts & {
  kind: IssuerKind
  /** Of the CA that issues; without it the one of no lane. */
  lane?: string
  assurance: Assurance
  /** Null where nothing is proven. */
  evidenceFormat: string | null
  /** When the evidence was appraised; where there was none, when the device was admitted. */
  appraisedAt: number
  /** The batch certificate that attested the key: SHA-256 of its SPKI, base64url. */
  batch: string | null
  /** How that batch came into its phone. */
  provisioning: 'factory' | 'remote' | null
  /** Null where no evidence was asked for and none came. */
  standing: Standing | null
  /** What the phone is known by where it is managed: a serial number, an UDID. */
  identifier?: string
  /** Who enrols: in a renewal nobody is asked. */
  claimant?: Claimant
  /** What mode `shadow` let pass. */
  shadow: readonly ShadowFinding[]
}

/**
 * What an appraisal and a message together admit. Without evidence, or where mode `shadow` let its
 * refusal pass, nothing more is proven than the appraisal says: `unattested`, if nothing is.
 */
export function admissionOf(
  appraisal: Appraisal,
  asserted: AssertedFacts,
  gate: PolicyGate,
): Admission {
  const { assurance, batch, provisioning } = appraisal
  return {
    ...deviceFacts(appraisal.proven, asserted),
    kind: appraisal.isDevelopment ? 'development' : 'device',
    assurance,
    evidenceFormat: assurance === 'unattested' ? null : appraisal.format,
    appraisedAt: appraisal.at,
    batch,
    provisioning,
    standing: standingOf(appraisal),
    shadow: gate.findings,
  }
}

/** The appraisal has the others. */
const maxFindings = 20

/** JSON of what mode `shadow` let pass; null where that is nothing. */
export function shadowText(findings: readonly ShadowFinding[]): string | null {
  return findings.length === 0 ? null : JSON.stringify(findings.slice(0, maxFindings))
}

/** What evidence tells of a phone, where nothing does: without any, and in admissions that version 0.1 wrote. */
export const nothingKnown = {
  model: null,
  osVersion: null,
  osPatchLevel: null,
  provenFacts: [],
  batch: null,
  provisioning: null,
  standing: null,
} as const

/** An admission as an approval keeps it. */
export function readAdmission(text: string): Admission {
  return { ...nothingKnown, ...(JSON.parse(text) as Admission) }
}
