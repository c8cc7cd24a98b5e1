import { toBase64url } from '@sallyport/wire'
import type { AppraisalRow } from '../store/tables.ts'
import { type Appraisal, noEvidence, type SentEvidence } from './appraisal.ts'
import type { DeviceFacts } from './device-facts.ts'

/** Whose appraisal it is, and what is known of the phone. */
export type AppraisalSubject = {
  readonly appId: string
  readonly facts: DeviceFacts
  readonly address: string
  readonly requestId: string
}

/** What a phone sends must not make a row of any size. */
const maxWords = 500
const maxFailedNamed = 20

/** Nothing was asked for and nothing came: there is nothing to keep. */
export function isWorthKeeping({ format, failed }: Appraisal): boolean {
  return format !== noEvidence || failed.length > 0
}

/** The row of an appraisal that something was issued for, or is to be: with evidence and claims. */
export function appraisalRow(appraisal: Appraisal, subject: AppraisalSubject): AppraisalRow {
  return {
    ...briefRow(appraisal, subject),
    retention: 'history',
    results: JSON.stringify(appraisal.results.map(presentable)),
    evidence: appraisal.format === noEvidence ? null : sentText(appraisal.sent),
  }
}

/** The row of an appraisal that was refused: what each check found, and no more. */
export function refusedRow(appraisal: Appraisal, subject: AppraisalSubject): AppraisalRow {
  const results = appraisal.results.map((result) => ({
    ...presentable(result),
    claims: {},
    facts: {},
    checks: result.checks.map((check) => ({
      ...check,
      expected: check.expected.slice(0, maxWords),
      found: check.found.slice(0, maxWords),
    })),
  }))
  return {
    ...briefRow(appraisal, subject),
    outcome: 'refused',
    retention: 'refused',
    results: JSON.stringify(results),
    evidence: null,
  }
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

/** JSON: what was sent, and, so that it can be verified again, what it was about. */
function sentText({ challenge, spki, evidence, signals }: SentEvidence): string {
  return JSON.stringify({
    challenge: toBase64url(challenge),
    spki: toBase64url(spki),
    evidence,
    signals,
  })
}
