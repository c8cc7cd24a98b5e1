import { type IssuedCertificate, type RenewalRequest } from '@sallyport/wire'
import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { Authority, Caller } from '../authority.ts'
import { type AuthenticatedDevice, readActive } from '../devices/authenticate-device.ts'
import { noteUse } from '../devices/certificate-use.ts'
import { refuseExpired } from '../enrollment/challenge.ts'
import { usedChallenge } from '../enrollment/used-challenge.ts'
import { certificateAnswer } from '../issuance/certificate-answer.ts'
import { signCertificate } from '../issuance/sign-certificate.ts'
import { refuseRenewalKey } from '../protocols/renewal-key.ts'
import type { Tables } from '../store/tables.ts'
import { refuseFork } from './fork.ts'
import { recordRenewal } from './record-renewal.ts'
import { boundedAdmission } from './refused-renewals.ts'
import { type Renewal, renewalCaller } from './renewal-caller.ts'
import { readSuccession, type Succession, unexpiredLineage } from './succession.ts'

/** How often a renewal begins anew because another one of the same certificate overtook it. */
const maxAttempts = 4

/**
 * Renews a certificate. The same certificate renewed with the same key is answered with the same
 * successor again; another key, with evidence, replaces a successor that was never used.
 *
 * @param peer DER of the client certificate of the connection
 * @throws Problem of the areas device and enrolment
 */
export async function renewCertificate(
  authority: Authority,
  message: RenewalRequest,
  peer: Uint8Array | undefined,
  caller: Caller,
): Promise<IssuedCertificate> {
  const renewal = renewalCaller(authority, message, peer)
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const answer = await attemptRenewal(authority, renewal, message, caller)
    if (answer !== overtaken) return answer
  }
  throw new Problem('authority_busy', {
    expected: 'one renewal of a certificate at a time',
    found: 'several with different keys',
    retryAfterSeconds: 1,
  })
}

const overtaken = Symbol('overtaken')
type Outcome =
  | { kind: 'answer'; answer: IssuedCertificate; isNew: boolean }
  | { kind: 'refusal'; problem: Problem }
  | { kind: 'overtaken' }

async function attemptRenewal(
  authority: Authority,
  renewal: Renewal,
  message: RenewalRequest,
  caller: Caller,
): Promise<IssuedCertificate | typeof overtaken> {
  const { store } = authority
  const holder = await readHolder(store.read, renewal)
  refuseRenewalKey(renewal.app.certificate.renewalKey, holder.certificate, renewal.request)
  const { spkiSha256 } = renewal.request
  const succession = await readSuccession(store.read, holder.certificate, spkiSha256)
  const order =
    succession.kind === 'first' || succession.kind === 'replace'
      ? await orderSuccessor(authority, { renewal, message, holder, succession, caller })
      : undefined
  const signed = order === undefined ? undefined : await signCertificate(authority, order)

  const outcome = await store.write(async (tx): Promise<Outcome> => {
    const now = authority.now()
    const { certificate, device } = await readHolder(tx, renewal)
    const current = await readSuccession(tx, certificate, spkiSha256)
    if (current.kind === 'fork') {
      // A message of long ago that someone sends again is no second holder.
      if (renewal.challenge !== undefined) refuseExpired(renewal.challenge, now)
      const { address: actor, requestId } = caller
      const fork = { shown: certificate, rival: current.rival, actor, now, detail: { requestId } }
      const { onFork } = renewal.app.certificate
      return { kind: 'refusal', problem: await refuseFork(tx, fork, { spkiSha256, onFork }) }
    }
    await noteUse(tx, [certificate.thumbprint], { seenBy: `device:${device.id}`, now })
    if (current.kind === 'again') {
      return {
        kind: 'answer',
        answer: certificateAnswer(authority, current.successor, device),
        isNew: false,
      }
    }
    if (signed === undefined || order === undefined || !isSame(current, succession)) {
      return { kind: 'overtaken' }
    }
    const renewed = await recordRenewal(tx, {
      renewal,
      admission: order.admission,
      appraisal: order.appraisal,
      registered: order.registered,
      signed,
      predecessor: certificate,
      device,
      replaced: current.kind === 'replace' ? current.successor : undefined,
      caller,
      now,
    })
    if (renewed === undefined) return { kind: 'overtaken' }
    return {
      kind: 'answer',
      answer: certificateAnswer(authority, renewed.certificate, renewed.device),
      isNew: true,
    }
  })
  if (outcome.kind === 'overtaken') return overtaken
  if (outcome.kind === 'refusal') throw outcome.problem
  authority.metrics.issued(renewal.appId, outcome.isNew ? 'renewal' : 'again')
  return outcome.answer
}

function readHolder(store: Kysely<Tables>, renewal: Renewal): Promise<AuthenticatedDevice> {
  return readActive(store, renewal.identity.thumbprint, true)
}

async function orderSuccessor(
  authority: Authority,
  attempt: Parameters<typeof boundedAdmission>[1],
) {
  const { read } = authority.store
  const now = authority.now()
  const { appId, challenge, request } = attempt.renewal
  const { certificate, device } = attempt.holder
  if (challenge !== undefined) {
    await usedChallenge(read, challenge, request.spkiSha256)
    refuseExpired(challenge, now)
  }
  return {
    appId,
    deviceId: device.id,
    spki: request.spki,
    ...(await boundedAdmission(authority, attempt)),
    predecessors: await unexpiredLineage(read, certificate, now),
    enrolledAt: device.enrolled_at,
  }
}

function isSame(current: Succession, planned: Succession): boolean {
  const replaced = (succession: Succession) =>
    succession.kind === 'replace' ? succession.successor.thumbprint : succession.kind
  return replaced(current) === replaced(planned)
}
