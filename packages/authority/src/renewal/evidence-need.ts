import type { AppAttestKey } from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'
import { type Assurance, isAtLeast } from '@sallyport/wire'
import type { AppConfig } from '../config/app-config.ts'
import type { AuthenticatedDevice } from '../devices/authenticate-device.ts'
import type { AppraisalRow } from '../store/tables.ts'
import type { Succession } from './succession.ts'

const dayMs = 24 * 3_600_000

/** What a renewal is, as far as it says whether evidence is needed. */
export type RenewalFacts = {
  app: AppConfig
  holder: AuthenticatedDevice
  isSameKey: boolean
  succession: Succession
  /** The App Attest key of the device. */
  registered: AppAttestKey | undefined
  /** The appraisal that the current certificate rests on. */
  appraisal: Pick<AppraisalRow, 'mode' | 'outcome'> | undefined
  now: number
}

/** Why a renewal needs evidence, in words for the developer of the app. The first that applies is told. */
const needs: readonly { detail: string; applies: (facts: RenewalFacts) => boolean }[] = [
  {
    detail:
      'This device renews with an assertion by its App Attest key, each time: over a fresh challenge and the key of the request',
    applies: ({ registered }) => registered !== undefined,
  },
  {
    detail: 'A new key comes with evidence of it, over a fresh challenge',
    applies: ({ isSameKey }) => !isSameKey,
  },
  {
    detail: 'The last evidence was appraised too long ago: make a new key, with evidence of it',
    applies: ({ app, holder, now }) =>
      now - holder.device.appraised_at > app.attestation.maxAgeDays * dayMs,
  },
  {
    detail: 'A successor that was never used is replaced with evidence alone',
    applies: ({ succession }) => succession.kind === 'replace',
  },
  {
    detail: 'Evidence is asked for since this device enrolled: make a new key, with evidence of it',
    applies: ({ app, holder, appraisal }) =>
      app.enrollment.mode === 'enforce' &&
      (holder.device.evidence_format === null ||
        (appraisal?.mode === 'shadow' && appraisal.outcome === 'shadowed')),
  },
  {
    detail: 'More is asked for than was proven: make a new key, with evidence of it',
    applies: ({ app, holder }) =>
      app.enrollment.mode === 'enforce' &&
      !isAtLeast(
        holder.device.assurance as Assurance,
        app.attestation.minimumAssurance ?? 'unattested',
      ),
  },
]

/** The refusal of a renewal without evidence; undefined where it needs none. */
export function evidenceNeed(facts: RenewalFacts): Problem | undefined {
  const { app, holder, isSameKey } = facts
  if (app.enrollment.evidence.length === 0) return undefined
  const need = needs.find(({ applies }) => applies(facts))
  if (need === undefined) return undefined
  const appraisedAt = new Date(holder.device.appraised_at).toISOString()
  return new Problem('renewal_evidence_required', {
    detail: need.detail,
    expected: `one of ${app.enrollment.evidence.join(', ')}`,
    found: `none; ${isSameKey ? 'the same key' : 'another key'}, appraised ${appraisedAt}`,
  })
}
