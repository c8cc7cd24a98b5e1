import { isProblem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { recordAppraisal } from '../appraisals/record-appraisal.ts'
import { recordStanding } from '../appraisals/standing.ts'
import { appendAudit } from '../audit/audit-log.ts'
import { made } from '../audit/change.ts'
import { personal } from '../audit/personal.ts'
import type { Authority } from '../authority.ts'
import { type AuthenticatedDevice, readActive } from '../devices/authenticate-device.ts'
import { useApproval } from '../enrollment/approval.ts'
import { deviceRow } from '../enrollment/device-row.ts'
import { refuseBusyBatch } from '../enrollment/enrollment-limits.ts'
import {
  type DeviceKeys,
  refuseHolders,
  supersedable,
  supersedeHolders,
} from '../enrollment/held-key.ts'
import { type PolicyGate, policyGate } from '../enrollment/policy-gate.ts'
import { usedChallenge, useChallenge } from '../enrollment/used-challenge.ts'
import {
  recordCertificate,
  signCertificate,
  type SignedCertificate,
} from '../issuance/sign-certificate.ts'
import type { Tables } from '../store/tables.ts'
import { newDevice } from '../users/new-device.ts'
import { refuseKeyInUse } from './key-in-use.ts'
import { orderName, type ProtocolOrder } from './protocol-order.ts'
import { refuseMoreInAnHour } from './refuse-more-in-an-hour.ts'

/** What an order was answered with: by this message, or by the same before it. */
export type Enrolled = AuthenticatedDevice & { isNew: boolean }

/**
 * Enrols a device by a standard protocol: signs first and writes then, as `enrollDevice` does. The same
 * order with the same key is answered with the same certificate again.
 *
 * A device that proves nothing takes no place of one that does: its key must be its own.
 *
 * @throws Problem `challenge_used` where another key used the order, `enrollment_credential_too_often`,
 *   `enrollment_batch_too_often`, `csr_key_not_allowed`, `device_suspended`, `device_revoked`, `issuer_missing`,
 *   those of `recordCertificate`, `useApproval` and the signer
 */
export async function enrollByProtocol(
  authority: Authority,
  order: ProtocolOrder,
): Promise<Enrolled> {
  const { store } = authority
  const before = await answerOfBefore(authority, order)
  if (before !== undefined) return before
  const { appId, request, admission } = order
  const overtaking = await refuseBeforeSigning(authority, order)
  if (overtaking !== undefined) return overtaking
  const deviceId = newId('device')
  const facts = { appId, deviceId, spki: request.spki, admission, predecessors: [] }
  const signed = await signCertificate(authority, facts)
  const { enrolled, isNew } = await store.write(async (tx) => {
    const overtaking = await answeredBefore(tx, order, authority.now())
    if (overtaking !== undefined) return { enrolled: overtaking, isNew: false }
    const now = authority.now()
    return { enrolled: await recordOrder(tx, order, { signed, deviceId, now }), isNew: true }
  })
  if (!isNew) return answerAgain(authority, enrolled)
  authority.metrics.issued(appId, 'enrollment')
  return { ...enrolled, isNew }
}

/** The certificate that the order was answered with before, where that is in date. */
export async function answerOfBefore(
  authority: Authority,
  order: ProtocolOrder,
): Promise<Enrolled | undefined> {
  const before = await answeredBefore(authority.store.read, order, authority.now())
  return before === undefined ? undefined : answerAgain(authority, before)
}

async function answeredBefore(
  store: Kysely<Tables>,
  order: ProtocolOrder,
  now: number,
): Promise<AuthenticatedDevice | undefined> {
  const used = await usedChallenge(store, { text: orderName(order) }, order.request.spkiSha256)
  const { thumbprint } = used ?? { thumbprint: null }
  if (thumbprint === null) return undefined
  const answered = await readActive(store, thumbprint, true)
  // A name that a client makes of its key comes again when the certificate is long over.
  return answered.certificate.not_after > now ? answered : undefined
}

function answerAgain(authority: Authority, enrolled: AuthenticatedDevice): Enrolled {
  authority.metrics.issued(enrolled.device.app_id, 'again')
  return { ...enrolled, isNew: false }
}

async function recordOrder(
  store: Kysely<Tables>,
  order: ProtocolOrder,
  { signed, deviceId, now }: { signed: SignedCertificate; deviceId: string; now: number },
): Promise<AuthenticatedDevice> {
  const { protocol, appId, app, authorizedBy, caller } = order
  const gate = policyGate(app.enrollment.mode)
  await refuseOrder(store, order, { now, gate })
  const { shadow, ...admitted } = order.admission
  const admission = { ...admitted, shadow: [...shadow, ...gate.findings] }
  await supersedeHolders(store, keysOf(order), { deviceId, now })
  const device = {
    ...deviceRow({ appId, deviceId, admission, signed, address: caller.address, now }),
    protocol,
    authorized_by: authorizedBy,
  }
  await store.insertInto('devices').values(device).execute()
  if (admission.standing !== null && order.appraisal !== undefined) {
    await recordAppraisal(store, order.appraisal, deviceId)
    await recordStanding(store, deviceId, admission.standing, now)
  }
  const certificate = await recordCertificate(store, signed, {
    deviceId,
    appId,
    predecessor: null,
    now,
  })
  const { thumbprint, serial } = certificate
  await answerOrder(store, order, { deviceId, thumbprint, now })
  await order.use?.(store, { usedFor: deviceId, thumbprint, now })
  await order.record?.(store, { usedFor: deviceId, thumbprint, now })
  await appendAudit(store, {
    at: now,
    actor: caller.address,
    action: 'device.enrolled',
    subject: deviceId,
    detail: {
      appId,
      approvalId: order.approvalId ?? null,
      requestId: caller.requestId,
      ...made({
        status: device.status,
        protocol,
        authorizedBy,
        identifier: personal('identifier', device.identifier),
        thumbprint,
        serial,
        assurance: device.assurance,
        evidence: device.evidence_format,
      }),
    },
  })
  return { certificate, device }
}

/**
 * Looks whether the write would refuse, before anything is signed: see `enrollDevice`.
 *
 * @returns what the same order was answered with where that was faster, and is why
 */
async function refuseBeforeSigning(
  authority: Authority,
  order: ProtocolOrder,
): Promise<Enrolled | undefined> {
  const { read } = authority.store
  try {
    const gate = policyGate(order.app.enrollment.mode)
    await refuseOrder(read, order, { now: authority.now(), gate })
    await supersedable(read, keysOf(order))
    return undefined
  } catch (error) {
    const overtaking = await answerOfBefore(authority, order)
    if (!isProblem(error) || overtaking === undefined) throw error
    return overtaking
  }
}

async function refuseOrder(
  store: Kysely<Tables>,
  order: ProtocolOrder,
  { now, gate }: { now: number; gate: PolicyGate },
): Promise<void> {
  const { appId, spkiSha256 } = keysOf(order)
  await refuseTooOften(store, order, { now, gate })
  if (order.admission.kind === 'unattested') {
    await refuseHolders(store, keysOf(order), order.admission)
  }
  if (order.mayBeKept === true) await refuseKeyInUse(store, { appId, spkiSha256, now })
}

function keysOf({ appId, request }: ProtocolOrder): DeviceKeys {
  return { appId, spkiSha256: request.spkiSha256, appAttestKeyId: undefined }
}

/** Notes what the order was answered with: the first time, after it waited, or again long after the last. */
async function answerOrder(
  store: Kysely<Tables>,
  order: ProtocolOrder,
  { deviceId, thumbprint, now }: { deviceId: string; thumbprint: string; now: number },
): Promise<void> {
  const { approvalId, request } = order
  const challenge = { text: orderName(order) }
  await store.deleteFrom('challenges_used').where('challenge', '=', challenge.text).execute()
  await useChallenge(store, challenge, {
    spkiSha256: request.spkiSha256,
    now,
    thumbprint,
    ...(approvalId === undefined ? {} : { approvalId }),
  })
  if (approvalId !== undefined) await useApproval(store, { id: approvalId, deviceId })
}

/**
 * What waited was counted when it asked.
 *
 * @throws Problem `enrollment_credential_too_often`, `enrollment_batch_too_often`
 */
async function refuseTooOften(
  store: Kysely<Tables>,
  order: ProtocolOrder,
  { now, gate }: { now: number; gate: PolicyGate },
): Promise<void> {
  const { appId, authorizedBy, approvalId, maxPerHour } = order
  if (approvalId !== undefined) return
  await refuseBusyBatch(store, newDevice(order, order.admission, now), gate)
  const of = { authorized_by: authorizedBy, app_id: appId }
  await refuseMoreInAnHour(
    store,
    { table: 'devices', time: 'enrolled_at', of, named: 'devices', owner: authorizedBy },
    { maxPerHour, now },
  )
}
