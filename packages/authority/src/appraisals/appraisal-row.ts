import { toBase64url } from '@sallyport/wire'
import type { AppraisalRow } from '../store/tables.ts'
import { type Appraisal, noEvidence } from './appraisal.ts'
import type { DeviceFacts } from './device-facts.ts'

/** Whose appraisal it is, and what is known of the phone. */
export type AppraisalSubject = {
  readonly appId: string
  readonly facts: DeviceFacts
  readonly address: string
  readonly requestId: string
}

/** What a phone sends must not make a row of any size. */
const maxWords = 200
const maxFailedNamed = 20
/** Of what mode `shadow` issues to whoever asks: chains of honest phones have a third of it. */
const maxUnprovenCharacters = 32_768

/** Nothing was asked for and nothing came: there is nothing to keep. */
export function isWorthKeeping({ format, failed }: Appraisal): boolean {
  return format !== noEvidence || failed.length > 0
}

/**
 * The row of an appraisal that something was issued for, or is to be: with evidence and claims, unless
 * they prove nothing and are larger than those of phones.
 */
export function appraisalRow(appraisal: Appraisal, subject: AppraisalSubject): AppraisalRow {
  const whole = JSON.stringify(appraisal.results.map(presentable))
  const sent = appraisal.format === noEvidence ? null : sentText(appraisal)
  const fits = (text: string) =>
    appraisal.assurance !== 'unattested' || text.length <= maxUnprovenCharacters
  return {
    ...briefRow(appraisal, subject),
    retention: 'history',
    results: fits(whole) ? whole : briefResults(appraisal),
    evidence: sent !== null && fits(sent) ? sent : null,
  }
}

/** The row of an appraisal that was refused: what each check found, and no more. */
export function refusedRow(appraisal: Appraisal, subject: AppraisalSubject): AppraisalRow {
  return {
    ...briefRow(appraisal, subject),
    outcome: 'refused',
    retention: 'refused',
    results: briefResults(appraisal),
    evidence: null,
  }
}

function briefResults({ results }: Appraisal): string {
  const brief = results.map((result) => ({
    ...presentable(result),
    claims: {},
    facts: {},
    checks: result.checks.map((check) => ({
      ...check,
      expected: check.expected.slice(0, maxWords),
      found: check.found.slice(0, maxWords),
    })),
  }))
  return JSON.stringify(brief)
}

function briefRow(
  appraisal: Appraisal,
  { appId, facts, address, requestId }: AppraisalSubject,
): Omit<AppraisalRow, 'retention' | 'results' | 'evidence'> {
  const failed = appraisal.failed.slice(0, maxFailedNamed)
  return {
    id: appraisal.id,
    at: appraisal.at,
    app_id: appId,
    device_id: null,
    purpose: appraisal.purpose,
    format: appraisal.format,
    mode: appraisal.mode,
    outcome: appraisal.outcome,
    assurance: appraisal.assurance,
    platform: facts.platform,
    model: facts.model,
    os_version: facts.osVersion,
    os_patch_level: facts.osPatchLevel,
    app_version: facts.appVersion,
    failed: JSON.stringify(failed.map(({ format, name, code }) => ({ format, name, code }))),
    address,
    request_id: requestId,
  }
}

/** Without the App Attest key, which has a table of its own and would be bytes in JSON. */
function presentable({
  format,
  accepted,
  assurance,
  development,
  checks,
  claims,
  facts,
}: Appraisal['results'][number]) {
  return { format, accepted, assurance, development, checks, claims, facts }
}

/** JSON: what was appraised, and, so that it can be appraised again, what it was about. */
function sentText({ sent, results }: Appraisal): string {
  const { challenge, spki, evidence, signals = [] } = sent
  const appraised = new Set(results.map(({ format }) => format))
  return JSON.stringify({
    challenge: toBase64url(challenge),
    spki: toBase64url(spki),
    evidence,
    signals: signals.filter(({ format }) => appraised.has(format)),
  })
}
