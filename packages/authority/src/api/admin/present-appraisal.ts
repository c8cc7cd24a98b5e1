import type { Assurance, Platform } from '@sallyport/wire'
import { Problem } from '@sallyport/problem'
import type { AppraisalRow } from '../../store/tables.ts'
import type { AdminAppraisal, AppraisedEvidence } from './appraisal-messages.ts'

/** An appraisal as the admin API tells it. Closed sets were checked when it was written. */
export function presentAppraisal(row: AppraisalRow): AdminAppraisal {
  return {
    id: row.id,
    at: new Date(row.at).toISOString(),
    appId: row.app_id,
    deviceId: row.device_id,
    purpose: row.purpose,
    format: row.format,
    mode: row.mode,
    outcome: row.outcome,
    assurance: row.assurance as Assurance,
    platform: row.platform as Platform,
    model: row.model,
    osVersion: row.os_version,
    osPatchLevel: row.os_patch_level,
    appVersion: row.app_version,
    failed: JSON.parse(row.failed) as AdminAppraisal['failed'],
    results: JSON.parse(row.results) as AdminAppraisal['results'],
    address: row.address,
    requestId: row.request_id,
    hasEvidence: row.evidence !== null,
  }
}

/** @throws Problem `not_found` where it is not kept */
export function presentEvidence({ id, evidence }: AppraisalRow): AppraisedEvidence {
  if (evidence !== null) return JSON.parse(evidence) as AppraisedEvidence
  throw new Problem('not_found', {
    detail: `The evidence of appraisal ${id} is not kept`,
    expected: 'the appraisal that a device rests on',
    found: 'one that was refused, superseded, or had no evidence',
  })
}
