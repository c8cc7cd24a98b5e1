import {
  type AppAttestKey,
  type AppraisalContext,
  type AttestationResult,
  type EvidenceFormat,
  evidenceFormats,
} from '@sallyport/attestation'
import type { ReasonCode } from '@sallyport/problem'
import { type Evidence, newId, type Platform, type Purpose } from '@sallyport/wire'
import type { Authority } from '../authority.ts'
import type { AppConfig } from '../config/app-config.ts'
import { type Appraisal, type FailedCheck, noEvidence, type SentEvidence } from './appraisal.ts'
import { provenBy } from './device-facts.ts'
import { signals } from './signals.ts'

/** What a device with a registered App Attest key renews with, and nothing else. */
const assertionFormat = 'apple-app-attest'

export type AppraisalOrder = {
  readonly appId: string
  readonly app: AppConfig
  readonly purpose: Purpose
  /** As the message says. */
  readonly platform: Platform
  readonly sent: SentEvidence
  /** The App Attest key of the device that renews. */
  readonly appAttestKey?: AppAttestKey | undefined
  /** What the device that renews is: it does not change its root. */
  readonly kind?: 'device' | 'development'
}

/**
 * Appraises the evidence of a message, and the signals beside it, against the policy of its app. It
 * refuses nothing itself: what failed is in the appraisal, in the order in which it refuses.
 */
export async function appraiseEvidence(
  authority: Pick<Authority, 'trust' | 'policies' | 'now'>,
  order: AppraisalOrder,
): Promise<Appraisal> {
  const { appId, app, purpose, sent, appAttestKey } = order
  const at = authority.now()
  const { mode } = app.enrollment
  const context: AppraisalContext = {
    challenge: sent.challenge,
    spki: sent.spki,
    at,
    trust: authority.trust.material({ development: app.insecureDevelopmentDevices }),
    policy: authority.policies.get(appId) ?? {},
    ...(appAttestKey === undefined ? {} : { appAttestKey }),
  }
  const main = await appraiseMain(order, context)
  const beside = await appraiseSignals(order, context)
  const { result } = main
  const isProven = result !== undefined && result.assurance !== 'unattested'
  const isDevelopment = isOfDevelopment(order, result)
  const strayed = isProven ? strayedKind(order, isDevelopment) : []
  const failed = [...main.failed, ...strayed, ...beside.flatMap((part) => part.failed)]
  return {
    id: newId('appraisal'),
    at,
    purpose,
    mode,
    format: sent.evidence?.format ?? noEvidence,
    outcome: outcomeOf(failed),
    assurance: result?.assurance ?? 'unattested',
    isDevelopment,
    results: [main, ...beside].flatMap((part) => part.result ?? []),
    failed,
    sent,
    proven: isProven ? provenBy(result.format, result.facts) : {},
    serials: isProven ? (result.facts.serials ?? []) : [],
    batch: isProven ? (result.facts.batch ?? null) : null,
    provisioning: isProven ? (result.facts.provisioning ?? null) : null,
    appAttestKey: isProven ? (result.appAttestKey ?? null) : null,
  }
}

/** An assertion ends at no root: what its key is was settled when that was attested. */
function isOfDevelopment({ appAttestKey, kind }: AppraisalOrder, result?: AttestationResult) {
  if (appAttestKey !== undefined) return kind === 'development'
  return result?.development === true || result?.appAttestKey?.environment === 'development'
}

function outcomeOf(failed: readonly FailedCheck[]): Appraisal['outcome'] {
  if (failed.length === 0) return 'accepted'
  return failed.some(({ isEnforced }) => isEnforced) ? 'refused' : 'shadowed'
}

/**
 * Refused in mode `shadow` too: what shadow lets pass is certified under the root that it belongs to. An
 * assertion has no root: it is of the key that was attested under one.
 */
function strayedKind(
  { kind, sent, appAttestKey }: AppraisalOrder,
  isDevelopment: boolean,
): FailedCheck[] {
  const found = isDevelopment ? 'development' : 'device'
  if (kind === undefined || kind === found || appAttestKey !== undefined) return []
  return [
    {
      format: sent.evidence?.format ?? noEvidence,
      name: 'kind',
      code: 'evidence_refused',
      expected: `evidence of a ${kind} key: a device does not change its root by renewing`,
      found: `evidence of a ${found} key`,
      isEnforced: true,
    },
  ]
}

/** One piece of evidence: its result where a format took it, and what failed. */
type Part = { readonly result?: AttestationResult; readonly failed: readonly FailedCheck[] }

async function appraiseMain(
  { app, sent: { evidence }, appAttestKey }: AppraisalOrder,
  context: AppraisalContext,
): Promise<Part> {
  const accepted = app.enrollment.evidence
  const isEnforced = app.enrollment.mode === 'enforce'
  const expected = accepted.length === 0 ? 'no evidence' : `one of ${accepted.join(', ')}`
  if (evidence === undefined) {
    if (accepted.length === 0) return { failed: [] }
    return { failed: [missing('evidence_required', { format: noEvidence, expected, isEnforced })] }
  }
  if (appAttestKey !== undefined && evidence.format !== assertionFormat) {
    const expected = `an assertion by App Attest key ${appAttestKey.keyId}`
    const check = { format: evidence.format, expected, found: 'other evidence', isEnforced }
    return { failed: [missing('renewal_evidence_required', check)] }
  }
  const format = formatOf(evidence, 'evidence', accepted)
  if (format === undefined) {
    const found = evidence.format
    const check = { format: found, expected, found, isEnforced }
    return { failed: [missing('evidence_format_unknown', check)] }
  }
  const result = await format.appraise(evidence, context)
  return { result, failed: failedChecks(result, isEnforced) }
}

/** The signals that policy asks of this phone. Those that it sends unasked are not looked at. */
async function appraiseSignals(order: AppraisalOrder, context: AppraisalContext): Promise<Part[]> {
  const { app, platform, sent } = order
  const phone = { platform, evidenceFormat: sent.evidence?.format }
  const asked = app.enrollment.signals.filter((name) => signals[name]?.isAskedOf(phone) ?? true)
  return Promise.all(asked.map((name) => appraiseSignal(name, order, context)))
}

async function appraiseSignal(
  name: string,
  { app, sent }: AppraisalOrder,
  context: AppraisalContext,
): Promise<Part> {
  const isEnforced = app.enrollment.mode === 'enforce' && signals[name]?.modeOf(app) !== 'shadow'
  const signal = sent.signals?.find((each) => each.format === name)
  const format = signal === undefined ? undefined : formatOf(signal, 'signal', [name])
  if (signal === undefined || format === undefined) {
    const check = { format: name, expected: `a signal of format ${name}`, isEnforced }
    return { failed: [missing('attestation_signal_required', check)] }
  }
  const result = await format.appraise(signal, context)
  return { result, failed: failedChecks(result, isEnforced) }
}

function formatOf(
  evidence: Evidence,
  role: EvidenceFormat['role'],
  accepted: readonly string[],
): EvidenceFormat | undefined {
  const format = accepted.includes(evidence.format) ? evidenceFormats[evidence.format] : undefined
  return format?.role === role ? format : undefined
}

function failedChecks(result: AttestationResult, isEnforced: boolean): FailedCheck[] {
  const failed = result.checks.filter(({ outcome }) => outcome === 'failed')
  return failed.map(({ name, code, expected, found }) => ({
    format: result.format,
    name,
    code: code ?? 'evidence_refused',
    expected,
    found,
    isEnforced,
  }))
}

function missing(
  code: ReasonCode,
  check: { format: string; expected: string; found?: string; isEnforced: boolean },
): FailedCheck {
  return { name: 'evidence', code, found: 'none', ...check }
}
