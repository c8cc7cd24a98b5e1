import {
  type AppAttestKey,
  type AppraisalContext,
  type AttestationResult,
  type EvidenceFormat,
  evidenceFormats,
} from '@sallyport/attestation'
import type { ReasonCode } from '@sallyport/problem'
import type { Evidence, Platform, Purpose } from '@sallyport/wire'
import type { AppConfig } from '../config/app-config.ts'
import { type FailedCheck, noEvidence, type SentEvidence } from './appraisal.ts'
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
  /** What the device that renews is: it changes neither its root nor the platform that it was proven to be. */
  readonly device?: {
    readonly kind: 'device' | 'development'
    readonly platform: Platform | undefined
  }
}

/** One piece of evidence: its result where a format took it, and what failed. */
export type Part = { readonly result?: AttestationResult; readonly failed: readonly FailedCheck[] }

export async function appraiseMain(
  { app, purpose, sent: { evidence }, appAttestKey }: AppraisalOrder,
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
    return { failed: [missing(codesOfUnknownFormats[purpose], check)] }
  }
  const result = await format.appraise(evidence, context)
  const failed = failedChecks(result, isEnforced)
  if (failed.length > 0 || (result.accepted && result.assurance !== 'unattested')) {
    return { result, failed }
  }
  // No format says so. If one ever does, it admits nobody.
  const check = { format: evidence.format, expected: 'evidence that proves something', isEnforced }
  return { result, failed: [missing('evidence_refused', { ...check, found: 'nothing proven' })] }
}

/** A device whose app takes other formats now is told what helps: to bring one of them, or to enrol again. */
const codesOfUnknownFormats = {
  enroll: 'evidence_format_unknown',
  renew: 'renewal_evidence_required',
} as const

/** The signals that policy asks of this phone. Those that it sends unasked are not looked at. */
export async function appraiseSignals(
  order: AppraisalOrder,
  context: AppraisalContext,
): Promise<Part[]> {
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
