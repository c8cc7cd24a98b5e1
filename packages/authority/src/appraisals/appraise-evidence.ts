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
import { type ProvenFacts, provenBy } from './device-facts.ts'

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
  const proven = isProven ? provenBy(result.format, result.facts) : {}
  const strayed = isProven ? strayedChecks(order, { isDevelopment, proven }) : []
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
    proven,
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
  { appAttestKey, device }: AppraisalOrder,
  result: AttestationResult | undefined,
): boolean {
  if (appAttestKey !== undefined) return device?.kind === 'development'
  return result?.development === true || result?.appAttestKey?.environment === 'development'
}

function outcomeOf(failed: readonly FailedCheck[]): Appraisal['outcome'] {
  if (failed.length === 0) return 'accepted'
  return failed.some(({ isEnforced }) => isEnforced) ? 'refused' : 'shadowed'
}

/** What evidence proves, where it is not what the device that renews was proven to be. */
function strayedChecks(
  { app, sent, device }: AppraisalOrder,
  { isDevelopment, proven }: { isDevelopment: boolean; proven: ProvenFacts },
): FailedCheck[] {
  if (device === undefined) return []
  const check = {
    format: sent.evidence?.format ?? noEvidence,
    code: 'evidence_refused',
  } as const
  const failed: FailedCheck[] = []
  const kind = isDevelopment ? 'development' : 'device'
  if (device.kind !== kind) {
    failed.push({
      ...check,
      name: 'kind',
      expected: `evidence of a ${device.kind} key: a device does not change its root by renewing`,
      found: `evidence of a ${kind} key`,
      // In mode `shadow` too: what that lets pass is certified under the root that it belongs to.
      isEnforced: true,
    })
  }
  const { platform = device.platform } = proven
  if (device.platform !== undefined && device.platform !== platform) {
    failed.push({
      ...check,
      name: 'platform',
      expected: `evidence of ${device.platform}: a device is one phone, and does not become another`,
      found: `evidence of ${platform}`,
      isEnforced: app.enrollment.mode === 'enforce',
    })
  }
  return failed
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
