import { Problem } from '@sallyport/problem'
import { readAdmission } from '../enrollment/admission.ts'
import { findApproval, isApproved, requestApproval } from '../enrollment/approval.ts'
import { usedChallenge, useChallenge } from '../enrollment/used-challenge.ts'
import type { Authority } from '../authority.ts'
import type { AuthenticatedDevice } from '../devices/authenticate-device.ts'
import { newDevice } from '../users/new-device.ts'
import { answerOfBefore, enrollByProtocol } from './enroll-by-protocol.ts'
import { orderName, type ProtocolOrder } from './protocol-order.ts'
import { refuseMoreInAnHour } from './refuse-more-in-an-hour.ts'

/** How an order ended: with a certificate, or it waits for someone's word. */
export type OrderOutcome =
  | { enrolled: AuthenticatedDevice & { isNew?: boolean } }
  | { pending: string }

/**
 * Enrols a device by a standard protocol, or has it wait where its app wants approval. What let it in is
 * used when it begins to wait; the same order asked again then gets its certificate.
 *
 * @throws Problem `enrollment_denied`, `enrollment_credential_too_often`, those of `requestApproval` and of
 *   `enrollByProtocol`
 */
export async function enrollOrWait(
  authority: Authority,
  order: ProtocolOrder,
): Promise<OrderOutcome> {
  const before = await standingOrder(authority, order)
  if (before !== undefined) return before
  if (order.app.enrollment.approval !== 'required') {
    return { enrolled: await enrollByProtocol(authority, order) }
  }
  return { pending: await wait(authority, order) }
}

/**
 * What became of an order that was placed before; undefined where none was. That its sender holds the key
 * is all that it needs: what it was let in by is used.
 *
 * @throws Problem `enrollment_denied`, `challenge_used`, those of `enrollByProtocol`
 */
export async function standingOrder(
  authority: Authority,
  order: ProtocolOrder,
): Promise<OrderOutcome | undefined> {
  const { store } = authority
  const name = { text: orderName(order) }
  const used = await usedChallenge(store.read, name, order.request.spkiSha256)
  if (used === undefined) return undefined
  const { thumbprint, approval_id: approvalId } = used
  if (thumbprint !== null || approvalId === null) {
    const enrolled = await answerOfBefore(authority, order)
    return enrolled === undefined ? undefined : { enrolled }
  }
  const approval = await findApproval(store.read, approvalId)
  if (!isApproved(approval, authority.now())) return { pending: approvalId }
  // Let in once, by whoever approved: what it came with was used then.
  const admission = readAdmission(approval.admission)
  const authorizedBy = approval.authorized_by ?? `approval:${approvalId}`
  const approved = { ...order, admission, authorizedBy, use: undefined, approvalId }
  return { enrolled: await enrollByProtocol(authority, approved) }
}

/** @returns the id of the approval */
function wait(authority: Authority, order: ProtocolOrder): Promise<string> {
  const { appId, app, request, admission, authorizedBy, maxPerHour, caller } = order
  const { spkiSha256 } = request
  return authority.store.write(async (tx) => {
    const name = { text: orderName(order) }
    const overtaking = await usedChallenge(tx, name, spkiSha256)
    if (overtaking !== undefined) {
      if (overtaking.approval_id !== null) return overtaking.approval_id
      throw new Problem('authority_busy', {
        expected: 'one order at a time',
        found: 'the same order, answered meanwhile',
        retryAfterSeconds: 1,
      })
    }
    const now = authority.now()
    const of = { authorized_by: authorizedBy, app_id: appId }
    await refuseMoreInAnHour(
      tx,
      { table: 'approvals', time: 'requested_at', of, named: 'enrolments', owner: authorizedBy },
      { maxPerHour, now },
    )
    const device = newDevice({ appId, app, caller }, admission, now)
    const { id } = await requestApproval(tx, { device, admission, spkiSha256, authorizedBy })
    await useChallenge(tx, name, { spkiSha256, now, approvalId: id })
    await order.use?.(tx, { usedFor: id, now })
    await order.record?.(tx, { usedFor: id, now })
    return id
  })
}
