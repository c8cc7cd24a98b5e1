import { isProblem, type Problem } from '@sallyport/problem'
import type { Authority, Caller } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import type { AcmeOrderRow } from '../../store/tables.ts'
import { enrollOrWait } from '../enroll-or-wait.ts'
import type { OrderUse, ProtocolOrder } from '../protocol-order.ts'
import { errorText } from './acme-error.ts'
import type { AccountMessage } from './acme-message.ts'
import { completeOrder, countOrder, holdOrder } from './complete-order.ts'
import type { AttestedEvidence } from './device-attest.ts'
import { type OrderWithAuthorizations, readOrder } from './orders.ts'
import { refuseBarred, supersedeNamesakes } from './same-device.ts'

/** How soon the client of an order that waits should ask again. */
export const processingRetrySeconds = 60

/**
 * Enrols the device whose key an order's attestation proves, or has the order wait (`processing`) where its
 * app wants approval. An order that waits goes on here when it was approved; denied, it is invalid.
 *
 * @throws Problem `acme_order_not_ready`, `device_suspended`, `device_revoked`, those of `enrollOrWait`
 */
export async function enrollAttested(
  authority: Authority,
  message: AccountMessage,
  { order, authorizations }: OrderWithAuthorizations,
): Promise<void> {
  const attested = attestedIn(authorizations)
  if (attested === undefined) throw new TypeError(`order ${order.id} has no evidence`)
  try {
    const placed = protocolOrder(authority, message, order, attested)
    const outcome = await enrollOrWait(authority, placed)
    if ('enrolled' in outcome && outcome.enrolled.isNew === true) {
      countOrder(authority, attested.admission.kind)
    }
  } catch (error) {
    if (!isProblem(error) || error.code !== 'enrollment_denied') throw error
    await denyOrder(authority, order, error, message.caller)
  }
}

/**
 * An order that waits for approval, as it stands now; others as they are.
 *
 * @throws Problem as `enrollAttested` does
 */
export async function resumeOrder(
  authority: Authority,
  message: AccountMessage,
  found: OrderWithAuthorizations,
): Promise<OrderWithAuthorizations> {
  const { id, status, account_id: accountId } = found.order
  if (status !== 'processing') return found
  await enrollAttested(authority, message, found)
  return readOrder(authority.store.read, { id, accountId, now: authority.now() })
}

/** What an attestation left with an order; undefined where no device is ordered for. */
export function attestedIn(
  authorizations: OrderWithAuthorizations['authorizations'],
): AttestedEvidence | undefined {
  const evidence = authorizations.find((one) => one.evidence !== null)?.evidence
  return typeof evidence === 'string' ? (JSON.parse(evidence) as AttestedEvidence) : undefined
}

function protocolOrder(
  { config }: Authority,
  { appId, acme, account, caller }: AccountMessage,
  order: AcmeOrderRow,
  { admission, appraisal, identifiers, spki }: AttestedEvidence,
): ProtocolOrder {
  const { id, spki_sha256 } = order
  if (spki_sha256 === null) throw new TypeError(`order ${id} has no key`)
  return {
    protocol: 'acme',
    appId,
    app: appOf(config.apps, appId),
    request: { spki: Buffer.from(spki, 'base64url'), spkiSha256: spki_sha256 },
    admission,
    appraisal,
    reference: id,
    authorizedBy:
      account.credential_id === null
        ? `account:${account.id}`
        : `credential:${account.credential_id}`,
    maxPerHour: acme.maxPerHour,
    record: async (store, { usedFor: deviceId, thumbprint, now }: OrderUse) => {
      if (identifiers.length > 0) {
        const isDevelopment = admission.kind === 'development'
        const named = { appId, identifiers, isDevelopment, deviceId, now }
        await refuseBarred(store, named, account)
        if (thumbprint !== undefined) await supersedeNamesakes(store, named)
      }
      if (thumbprint === undefined) return holdOrder(store, order, now)
      return completeOrder(store, order, { thumbprint, spkiSha256: spki_sha256, now })
    },
    caller,
  }
}

/** RFC 8555 §7.1.6: an order that is denied while it is processed is invalid, with the reason. */
async function denyOrder(
  { store }: Authority,
  { id }: AcmeOrderRow,
  problem: Problem,
  caller: Caller,
): Promise<void> {
  await store.write((tx) =>
    tx
      .updateTable('acme_orders')
      .set({ status: 'invalid', error: errorText(problem, caller) })
      .where('id', '=', id)
      .where('status', '=', 'processing')
      .execute(),
  )
}
