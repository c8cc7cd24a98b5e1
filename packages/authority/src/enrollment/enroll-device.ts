import { isProblem, Problem } from '@sallyport/problem'
import {
  type EnrollmentRequest,
  type IssuedCertificate,
  newId,
  type PendingEnrollment,
} from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { admitEvidence } from '../appraisals/admit-evidence.ts'
import type { Appraisal } from '../appraisals/appraisal.ts'
import { appraisalRow, isWorthKeeping } from '../appraisals/appraisal-row.ts'
import type { Authority, Caller } from '../authority.ts'
import type { AppConfig } from '../config/app-config.ts'
import { appOf } from '../config/app-of.ts'
import { findDevice } from '../devices/device-status.ts'
import { certificateAnswer } from '../issuance/certificate-answer.ts'
import { signCertificate } from '../issuance/sign-certificate.ts'
import type { AppraisalRow, EnrollmentTokenRow, Tables } from '../store/tables.ts'
import { refuseEnded } from '../sessions/refuse-ended.ts'
import { admitUser, type SignedIn } from '../users/admit-user.ts'
import { claimantOf, newDevice } from '../users/new-device.ts'
import { type Admission, admissionOf, readAdmission } from './admission.ts'
import { admitToken } from './admit-token.ts'
import { findApproval, isApproved, pendingAnswer } from './approval.ts'
import { type Challenge, openChallenge, refuseExpired, refuseOtherConnection } from './challenge.ts'
import { needsApproval } from './device-approval.ts'
import { enrollmentScope } from './enrollment-challenge.ts'
import { refuseBusyAddress } from './enrollment-limits.ts'
import { type KeyRequest, readKeyRequest } from './key-request.ts'
import { type PolicyGate, policyGate } from './policy-gate.ts'
import type { Presented } from './presented.ts'
import { recordEnrollment } from './record-enrollment.ts'
import { refuseUnadmitted } from './refuse-unadmitted.ts'
import { usedChallenge } from './used-challenge.ts'
import { waitForApproval } from './wait-for-approval.ts'

/** An enrolment whose own parts hold: an open challenge, a signed request. */
export type Enrollment = {
  appId: string
  app: AppConfig
  challenge: Challenge
  request: KeyRequest
  caller: Caller
}

/** What an admission came by, beside what it says itself. */
type From = {
  token?: EnrollmentTokenRow | undefined
  signedIn?: SignedIn | undefined
  approvalId?: string
  appraisal?: AppraisalRow | undefined
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
  { accessToken, connection }: Presented,
): Promise<Answer> {
  const { appId } = message
  const app = appOf(authority.config.apps, appId)
  const scope = enrollmentScope(appId, app, connection)
  const challenge = openChallenge(authority.challengeKey, scope, message.challenge)
  const request = readKeyRequest(message.csr, app)
  const enrollment: Enrollment = { appId, app, challenge, request, caller }
  const before = await answerOfBefore(authority, enrollment)
  if (before !== undefined) return before
  refuseOtherConnection(challenge)
  refuseExpired(challenge, authority.now())
  try {
    return await enrollNew(authority, enrollment, message, accessToken)
  } catch (error) {
    // What the same message used up while this one was looked at, its token above all, refuses no repeat of it.
    const overtaking = isProblem(error) ? await answerOfBefore(authority, enrollment) : undefined
    if (overtaking === undefined) throw error
    return overtaking
  }
}

async function enrollNew(
  authority: Authority,
  enrollment: Enrollment,
  message: EnrollmentRequest,
  accessToken: Presented['accessToken'],
): Promise<Answer> {
  const { appId, app, caller } = enrollment
  const { mode } = app.enrollment
  const gate = policyGate(mode)
  await refuseBusy(authority, enrollment, gate)
  const signedIn = await admitUser(authority, app.enrollment.user, gate, accessToken)
  const user = signedIn && (await authority.userNames.stored(signedIn.user))
  const token = await admitToken(authority, enrollment, gate, message.enrollmentToken)
  const appraisal = await appraise(authority, enrollment, message, gate)
  const claimant = claimantOf(appraisal, message, { user, isInvited: token !== undefined })
  const admission = { ...admissionOf(appraisal, message, gate), claimant }
  const device = newDevice(enrollment, admission, authority.now())
  const isAwaited = await needsApproval(authority.store.read, device)
  if (isAwaited && mode === 'shadow') gate.refuse('approval', approvalSkipped())
  const row = isWorthKeeping(appraisal)
    ? appraisalRow(appraisal, { appId, facts: admission, ...caller })
    : undefined
  if (!isAwaited || mode === 'shadow') {
    return issue(authority, enrollment, admission, { token, signedIn, appraisal: row })
  }
  return authority.store.write(async (store) => {
    const overtaking = await answerOfOvertaking(authority, store, enrollment)
    if (overtaking !== undefined) return overtaking
    await refuseSignedOut(store, signedIn)
    const now = authority.now()
    const from = { token, appraisal: row, now }
    return pendingAnswer(await waitForApproval(store, enrollment, admission, from), now)
  })
}

/** Costs two look-ups, where everything that follows costs signatures. */
async function refuseBusy(
  { failedAttempts, store, now }: Authority,
  { appId, app, caller: { address } }: Enrollment,
  gate: PolicyGate,
): Promise<void> {
  const { limits, mode } = app.enrollment
  const most = limits.failuresPerAddressPerHour
  failedAttempts.refuseTooMany({ appId, address, most }, gate)
  // In mode shadow the write notes it, once.
  if (mode === 'enforce') {
    await refuseBusyAddress(store.read, { appId, app, address, now: now() }, gate)
  }
}

function appraise(
  authority: Authority,
  { appId, app, challenge, request, caller }: Enrollment,
  message: EnrollmentRequest,
  gate: PolicyGate,
): Promise<Appraisal> {
  const { evidence, signals, platform } = message
  const sent = { challenge: challenge.bytes, spki: request.spki, evidence, signals }
  const order = { appId, app, purpose: 'enroll', platform, sent } as const
  return admitEvidence(authority, order, { gate, caller, asserted: message })
}

function approvalSkipped(): Problem {
  return new Problem('enrollment_denied', {
    expected: 'an approval',
    found: 'none was waited for, in mode shadow',
  })
}

/** The answer to the same message where it was answered before. */
async function answerOfBefore(
  authority: Authority,
  enrollment: Enrollment,
): Promise<Answer | undefined> {
  const { challenge, request } = enrollment
  const used = await usedChallenge(authority.store.read, challenge, request.spkiSha256)
  if (used === undefined) return undefined
  if (used.thumbprint !== null) {
    return enrolledAnswer(authority, authority.store.read, used.thumbprint)
  }
  const approval = await findApproval(authority.store.read, used.approval_id ?? '')
  if (!isApproved(approval, authority.now())) return pendingAnswer(approval.id, authority.now())
  const admission = readAdmission(approval.admission)
  return issue(authority, enrollment, admission, { approvalId: approval.id })
}

/**
 * The answer to the same message that was written since this one came: its certificate, or that it waits,
 * unless this one comes from there.
 */
async function answerOfOvertaking(
  authority: Authority,
  store: Kysely<Tables>,
  { challenge, request }: Enrollment,
  approvalId?: string,
): Promise<Answer | undefined> {
  const used = await usedChallenge(store, challenge, request.spkiSha256)
  if (used === undefined) return undefined
  if (used.thumbprint !== null) return enrolledAnswer(authority, store, used.thumbprint)
  if (used.approval_id === null || used.approval_id === approvalId) return undefined
  return pendingAnswer(used.approval_id, authority.now())
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

/**
 * Signs first and writes then, so that no write waits for a key; a second message that overtook is
 * answered with the first's certificate. Where the user's first device was enrolled meanwhile, this one
 * waits for it after all.
 */
async function issue(
  authority: Authority,
  enrollment: Enrollment,
  admission: Admission,
  from: From,
): Promise<Answer> {
  const { appId, app, request } = enrollment
  const refused = await refusalBeforeSigning(authority, enrollment, admission, from)
  if (refused !== undefined) return refused
  const deviceId = newId('device')
  const order = { appId, deviceId, spki: request.spki, admission, predecessors: [] }
  const signed = await signCertificate(authority, order)
  const { answer, others } = await authority.store.write(async (store) => {
    const overtaking = await answerOfOvertaking(authority, store, enrollment, from.approvalId)
    if (overtaking !== undefined) return { answer: overtaking }
    if (app.enrollment.mode === 'enforce') await refuseSignedOut(store, from.signedIn)
    const now = authority.now()
    const device = newDevice(enrollment, admission, now)
    const isFree = from.approvalId !== undefined || app.enrollment.mode === 'shadow'
    if (!isFree && (await needsApproval(store, device))) {
      const approvalId = await waitForApproval(store, enrollment, admission, { ...from, now })
      return { answer: pendingAnswer(approvalId, now) }
    }
    const recorded = await recordEnrollment(store, {
      enrollment,
      device,
      admission,
      signed,
      deviceId,
      tokenId: from.token?.id,
      approvalId: from.approvalId,
      appraisal: from.appraisal,
      trustDomain: signed.trustDomain,
      now,
    })
    const { certificate, row, others: beside } = recorded
    return { answer: certificateAnswer(authority, certificate, row), others: beside }
  })
  if (others !== undefined) {
    authority.metrics.issued(appId, 'enrollment')
    if (admission.claimant?.user !== undefined) countUserDevice(authority, appId, others)
  }
  return answer
}

/** Whoever ended a token while this was on its way has no device enrolled by it. */
async function refuseSignedOut(store: Kysely<Tables>, signedIn: SignedIn | undefined) {
  if (signedIn !== undefined) await refuseEnded(store, signedIn.token, signedIn.text)
}

/**
 * Looks whether the write would refuse: what is signed and then refused would stand in the journal of the signer and in
 * no registry, as many times as somebody likes.
 *
 * @returns the answer to the same message where that was faster, and is why
 * @throws Problem of `refuseUnadmitted`
 */
async function refusalBeforeSigning(
  authority: Authority,
  enrollment: Enrollment,
  admission: Admission,
  { approvalId }: From,
): Promise<Answer | undefined> {
  const { read } = authority.store
  try {
    const isApproved = approvalId !== undefined
    await refuseUnadmitted(read, enrollment, { admission, isApproved, now: authority.now() })
    return undefined
  } catch (error) {
    const overtaking = await answerOfOvertaking(authority, read, enrollment, approvalId)
    if (!isProblem(error) || overtaking === undefined) throw error
    return overtaking
  }
}

function countUserDevice({ metrics }: Authority, appId: string, others: number): void {
  const help = 'Devices that were enrolled for a user, by whether it was the first or one more'
  const kind = others === 0 ? 'first' : 'further'
  metrics.count('sallyport_authority_user_devices_added_total', help, { app: appId, kind })
}
