import type { SigningRequest } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Assurance, Evidence, Platform } from '@sallyport/wire'
import type { AppConfig } from '../config/app-config.ts'
import type { Appraisal } from '../evidence/appraisal.ts'
import { evidenceFormats } from '../evidence/formats.ts'
import type { PolicyGate, ShadowFinding } from './policy-gate.ts'

/** What a device is admitted as: what its certificate will say. Kept as JSON while approval is waited for. */
export type Admission = {
  kind: 'device' | 'development'
  assurance: Assurance
  evidenceFormat: string | null
  /** When the evidence was appraised; where there was none, when the device was admitted. */
  appraisedAt: number
  platform: Platform
  appVersion: string
  osPatchLevel?: string | undefined
  /** What mode `shadow` let pass. */
  shadow: readonly ShadowFinding[]
}

/** What a message says of the app. It is asserted, not proven, until evidence proves it. */
export type AppFacts = {
  platform: Platform
  appVersion: string
  osPatchLevel?: string | undefined
}

/**
 * Appraises the evidence of a message against the policy of its app. Without evidence, or where mode
 * `shadow` let its refusal pass, nothing is proven: `unattested`.
 *
 * @throws Problem `evidence_required`, `evidence_format_unknown`, and what the format refuses with
 */
export async function appraiseEvidence(
  app: AppConfig,
  gate: PolicyGate,
  evidence: Evidence | undefined,
  subject: { challenge: Uint8Array; request: SigningRequest },
): Promise<Appraisal & { format: string | null }> {
  const nothing = { assurance: 'unattested', development: false, checks: [], format: null } as const
  const accepted = app.enrollment.evidence
  const expected = accepted.length === 0 ? 'no evidence' : `one of ${accepted.join(', ')}`
  if (evidence === undefined) {
    if (accepted.length > 0) {
      gate.refuse('evidence', new Problem('evidence_required', { expected, found: 'none' }))
    }
    return nothing
  }
  const format = accepted.includes(evidence.format) ? evidenceFormats[evidence.format] : undefined
  if (format === undefined) {
    const found = evidence.format
    gate.refuse('evidence', new Problem('evidence_format_unknown', { expected, found }))
    return nothing
  }
  const { spki, publicKey } = subject.request
  const appraisal = await format.appraise(
    evidence,
    { challenge: subject.challenge, spki, publicKey },
    app,
  )
  if (appraisal.refusal !== undefined) gate.refuse('evidence', appraisal.refusal)
  return { ...appraisal, format: format.name }
}

/** What an appraisal and a message together admit. */
export function admissionOf(
  appraisal: Appraisal & { format: string | null },
  facts: AppFacts,
  gate: PolicyGate,
  now: number,
): Admission {
  return {
    kind: appraisal.development ? 'development' : 'device',
    assurance: appraisal.assurance,
    evidenceFormat: appraisal.refusal === undefined ? appraisal.format : null,
    appraisedAt: now,
    platform: facts.platform,
    appVersion: facts.appVersion,
    osPatchLevel: facts.osPatchLevel,
    shadow: gate.findings,
  }
}
