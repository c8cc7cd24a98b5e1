import { Problem } from '@sallyport/problem'
import {
  type EnrollmentRequest,
  type IssuedCertificate,
  newId,
  type PendingEnrollment,
} from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Authority, Caller } from '../authority.ts'
import type { AppConfig } from '../config/app-config.ts'
import { appOf } from '../config/app-of.ts'
import { findDevice } from '../devices/device-status.ts'
import { certificateAnswer } from '../issuance/certificate-answer.ts'
import { signCertificate } from '../issuance/sign-certificate.ts'
import type { EnrollmentTokenRow, Tables, UsedChallengeRow } from '../store/tables.ts'
import { type Admission, admissionOf, appraiseEvidence } from './admission.ts'
import { findApproval, isApproved, pendingAnswer, requestApproval } from './approval.ts'
import { type Challenge, openChallenge, refuseExpired } from './challenge.ts'
import { useToken, usableToken } from './enrollment-token.ts'
import { type KeyRequest, readKeyRequest } from './key-request.ts'
import { type PolicyGate, policyGate } from './policy-gate.ts'
import { recordEnrollment } from './record-enrollment.ts'
import { useChallenge, usedChallenge } from './used-challenge.ts'

/** An enrolment whose own parts hold: an open challenge, a signed request. */
export type Enrollment = {
  appId: string
  app: AppConfig
  challenge: Challenge
  request: KeyRequest
  caller: Caller
}

type Answer = IssuedCertificate | PendingEnrollment

/**
 * Enrols a device: challenge → key → evidence and policy → certificate, durable before it is answered.
 * The same challenge with the same key is answered with the same certificate again.
 *
 * @throws Problem of the areas enrolment and device
 */
export async function enrollDevice(
  authority: Authority,
  message: EnrollmentRequest,
  caller: Caller,
): Promise<Answer> {
  const { appId } = message
  const app = appOf(authority.config.apps, appId)
  const scope = { appId, purpose: 'enroll' } as const
  const challenge = openChallenge(authority.challengeKey, scope, message.challenge)
  const request = readKeyRequest(message.csr, app)
  const enrollment: Enrollment = { appId, app, challenge, request, caller }

  const used = await usedChallenge(authority.store.read, challenge, request.spkiSha256)
  if (used !== undefined) return answerAgain(authority, enrollment, used)
  refuseExpired(challenge, authority.now())

  const gate = policyGate(app.enrollment.mode)
  const token = await admitToken(authority, enrollment, gate, message.enrollmentToken)
  const subject = { challenge: challenge.bytes, request }
  const appraisal = await appraiseEvidence(app, gate, message.evidence, subject)
  if (app.enrollment.approval === 'required' && app.enrollment.mode === 'enforce') {
    const admission = admissionOf(appraisal, message, gate, authority.now())
    return waitForApproval(authority, enrollment, admission, token)
  }
  if (app.enrollment.approval === 'required') gate.refuse('approval', approvalSkipped())
  const admission = admissionOf(appraisal, message, gate, authority.now())
  return issue(authority, enrollment, admission, { token })
}

async function admitToken(
  authority: Authority,
  { appId, app }: Enrollment,
  gate: PolicyGate,
  text: string | undefined,
): Promise<EnrollmentTokenRow | undefined> {
  const { enrollmentToken: rule } = app.enrollment
  if (rule === 'none') return undefined
  try {
    if (text !== undefined) {
      return await usableToken(authority.store.read, text, appId, authority.now())
    }
    if (rule === 'required') {
      throw new Problem('enrollment_token_required', { expected: 'a token', found: 'none' })
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    gate.refuse('enrollmentToken', error)
  }
  return undefined
}

function approvalSkipped(): Problem {
  return new Problem('enrollment_denied', {
    expected: 'an approval',
    found: 'none was waited for, in mode shadow',
  })
}

/** The answer to a message that was answered before. */
async function answerAgain(
  authority: Authority,
  enrollment: Enrollment,
  used: UsedChallengeRow,
): Promise<Answer> {
  if (used.thumbprint !== null) {
    return enrolledAnswer(authority, authority.store.read, used.thumbprint)
  }
  const approval = await findApproval(authority.store.read, used.approval_id ?? '')
  if (!isApproved(approval, authority.now())) return pendingAnswer(approval.id, authority.now())
  const admission = JSON.parse(approval.admission) as Admission
  return issue(authority, enrollment, admission, { approvalId: approval.id })
}

async function enrolledAnswer(authority: Authority, store: Kysely<Tables>, thumbprint: string) {
  const certificate = await store
    .selectFrom('certificates')
    .selectAll()
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirstOrThrow()
  const device = await findDevice(store, certificate.device_id)
  if (device.status === 'suspended' || device.status === 'revoked') {
    const code = device.status === 'revoked' ? 'device_revoked' : 'device_suspended'
    throw new Problem(code, { expected: 'device active', found: `device ${device.status}` })
  }
  authority.metrics.issued(device.app_id, 'again')
  return certificateAnswer(authority, certificate, device)
}

async function waitForApproval(
  authority: Authority,
  { appId, challenge, request, caller }: Enrollment,
  admission: Admission,
  token: EnrollmentTokenRow | undefined,
): Promise<Answer> {
  const { spkiSha256 } = request
  const now = authority.now()
  const approvalId = await authority.store.write(async (store) => {
    const used = await usedChallenge(store, challenge, spkiSha256)
    if (typeof used?.approval_id === 'string') return used.approval_id
    const { address } = caller
    const asked = { appId, spkiSha256, admission, address, now }
    const { id } = await requestApproval(store, asked)
    await useChallenge(store, challenge, { spkiSha256, now, approvalId: id })
    if (token !== undefined) await useToken(store, token.id, { usedFor: id, now, address })
    return id
  })
  return pendingAnswer(approvalId, now)
}

/** Signs first and writes then, so that no write waits for a key; a second message that overtook is answered with the first's certificate. */
async function issue(
  authority: Authority,
  enrollment: Enrollment,
  admission: Admission,
  from: { token?: EnrollmentTokenRow | undefined; approvalId?: string },
): Promise<Answer> {
  const { appId, challenge, request } = enrollment
  const deviceId = newId('device')
  const order = { appId, deviceId, spki: request.spki, admission, predecessors: [] }
  const signed = await signCertificate(authority, order)
  const { answer, isNew } = await authority.store.write(async (store) => {
    const used = await usedChallenge(store, challenge, request.spkiSha256)
    if (typeof used?.thumbprint === 'string') {
      return { answer: await enrolledAnswer(authority, store, used.thumbprint), isNew: false }
    }
    const { certificate, device } = await recordEnrollment(store, {
      enrollment,
      admission,
      signed,
      deviceId,
      tokenId: from.token?.id,
      approvalId: from.approvalId,
      trustDomain: authority.issuers.signing(appId, admission.kind).ca.trustDomain,
      now: authority.now(),
    })
    return { answer: certificateAnswer(authority, certificate, device), isNew: true }
  })
  if (isNew) authority.metrics.issued(appId, 'enrollment')
  return answer
}
