import {
  type AppraisalContext,
  type AttestationPolicy,
  type AttestationResult,
  readReceipt,
} from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import type { Authority } from '../authority.ts'
import type { AttestationPolicies } from '../config/attestation-policy.ts'
import type { TrustKeeper } from '../trust/trust-keeper.ts'
import { type Appraisal, type FailedCheck, noEvidence } from './appraisal.ts'
import { type AppraisalOrder, appraiseMain, appraiseSignals } from './appraise-parts.ts'
import { provenBy } from './device-facts.ts'

/**
 * Appraises the evidence of a message, and the signals beside it, against the policy of its app. It
 * refuses nothing itself: what failed is in the appraisal, in the order in which it refuses.
 */
export async function appraiseEvidence(
  authority: Pick<Authority, 'policies' | 'now'> & { trust: Pick<TrustKeeper, 'material'> },
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
    policy: policyOf(authority.policies, appId),
    ...(appAttestKey === undefined ? {} : { appAttestKey }),
  }
  const main = await appraiseMain(order, context)
  const beside = await appraiseSignals(order, context)
  const { result } = main
  const isOfDevelopment = isDevelopmentEvidence(order, result)
  // To an app that takes no development devices, such evidence proves nothing.
  const isDevelopment = isOfDevelopment && app.insecureDevelopmentDevices
  const assurance =
    result === undefined || isOfDevelopment !== isDevelopment ? 'unattested' : result.assurance
  const isProven = result !== undefined && assurance !== 'unattested'
  const strayed = isProven ? strayedKind(order, isDevelopment) : []
  const failed = [...main.failed, ...strayed, ...beside.flatMap((part) => part.failed)]
  return {
    id: newId('appraisal'),
    at,
    purpose,
    mode,
    format: sent.evidence?.format ?? noEvidence,
    outcome: outcomeOf(failed),
    assurance,
    isDevelopment,
    results: [main, ...beside].flatMap((part) => part.result ?? []),
    failed,
    sent,
    proven: isProven ? provenBy(result.format, result.facts) : {},
    serials: isProven ? (result.facts.serials ?? []) : [],
    batch: isProven ? (result.facts.batch ?? null) : null,
    provisioning: isProven ? (result.facts.provisioning ?? null) : null,
    appAttestKey: isProven ? (result.appAttestKey ?? null) : null,
    receipt: isProven && appAttestKey === undefined ? receiptFacts(result, context) : null,
  }
}

/** An app that a reload took away while its phone was being answered has no policy, which would ask for nothing. */
function policyOf(policies: AttestationPolicies, appId: string): AttestationPolicy {
  const policy = policies.get(appId)
  if (policy === undefined) {
    throw new Problem('app_unknown', { expected: 'an app that is configured', found: appId })
  }
  return policy
}

/**
 * It ends at a development root, or a development build of the app made it. An assertion ends at no
 * root: what its key is was settled when that was attested.
 */
function isDevelopmentEvidence(
  { appAttestKey, kind }: AppraisalOrder,
  result: AttestationResult | undefined,
): boolean {
  if (appAttestKey !== undefined) return kind === 'development'
  return result?.development === true || result?.appAttestKey?.environment === 'development'
}

function outcomeOf(failed: readonly FailedCheck[]): Appraisal['outcome'] {
  if (failed.length === 0) return 'accepted'
  return failed.some(({ isEnforced }) => isEnforced) ? 'refused' : 'shadowed'
}

/** Refused in mode `shadow` too: what shadow lets pass is certified under the root that it belongs to. */
function strayedKind({ kind, sent }: AppraisalOrder, isDevelopment: boolean): FailedCheck[] {
  const found = isDevelopment ? 'development' : 'device'
  if (kind === undefined || kind === found) return []
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

/** What Apple says in the receipt that a key was registered with. Verified where the key was. */
function receiptFacts(
  { appAttestKey }: AttestationResult,
  { trust }: AppraisalContext,
): Appraisal['receipt'] {
  if (appAttestKey?.receipt === undefined) return null
  const { anchors } = trust.appAttestReceipts
  const { fields } = readReceipt(appAttestKey.receipt, { anchors })
  if (fields === undefined) return null
  const { notBefore = null, expirationTime: expiresAt, riskMetric = null } = fields
  return { notBefore, expiresAt, riskMetric }
}
