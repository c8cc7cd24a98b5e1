import { createHash } from 'node:crypto'
import { isProblem, Problem } from '@sallyport/problem'
import {
  derSequence,
  type DeviceIdentity,
  nameText,
  type verifyDeviceCertificate,
} from '@sallyport/pki'
import type { Authority, Caller } from '../../authority.ts'
import type { AppConfig } from '../../config/app-config.ts'
import { type KeyRequest, readRequest } from '../../enrollment/key-request.ts'
import { enrollOrWait, type OrderOutcome, standingOrder } from '../enroll-or-wait.ts'
import type { ProtocolOrder } from '../protocol-order.ts'
import { renewByProtocol } from '../renew-by-protocol.ts'
import { unattestedAdmission } from '../unattested-admission.ts'
import {
  admitChallenge,
  type AdmittedChallenge,
  challengeOf,
  type ChallengeJudge,
} from './admit-challenge.ts'
import type { PkiMessage } from './pki-message.ts'
import { readOpened } from './read-opened.ts'
import type { ScepConfig } from './scep-config.ts'

/** An app whose devices enrol by SCEP. */
export type ScepApp = {
  appId: string
  app: AppConfig
  scep: ScepConfig
  judges: readonly ChallengeJudge[]
}

/** A request that was opened. Its sender signed the message, and need not have written the content. */
export type OpenedMessage = {
  message: PkiMessage
  /** Whether the signer's certificate is one of ours, and whose. */
  own: ReturnType<typeof verifyDeviceCertificate>
  content: Buffer
  caller: Caller
}

/**
 * PKCSReq and RenewalReq (RFC 8894 §3.3.1). What is signed by a certificate of ours renews it, whichever of
 * the two it is called; what is signed by the very key that it is about enrols, if its challenge is good. Of
 * the request the key alone is used: names are ours. The same transaction of the same key is answered alike.
 *
 * @throws Problem `cms_signature_invalid` where another key signed, those of `readRequest`,
 *   `admitChallenge`, `enrollOrWait` and `renewByProtocol`
 */
export async function enrollByScep(
  authority: Authority,
  place: ScepApp,
  { message, own, content, caller }: OpenedMessage,
): Promise<OrderOutcome> {
  const { appId, scep } = place
  if (!own.ok) refuseOtherKinds(message, scep)
  const request = readOpened(() => readRequest(content, scep.keyKinds))
  if (own.ok) return renew(authority, place, { identity: own.device, request, caller })
  if (message.messageType === '17' || message.signer.spkiSha256 !== request.spkiSha256) {
    throw new Problem('cms_signature_invalid', {
      expected: 'the key of the request, or a certificate of ours',
      found: 'another signer',
    })
  }
  const order = orderOf(authority, place, { message, request, caller })
  const before = await standingOrder(authority, order)
  if (before !== undefined) return before
  const { transactionId } = message
  const challenge = challengeOf(request)
  const asked = { appId, scep, transactionId, request, challenge, caller }
  let admitted: AdmittedChallenge | undefined
  try {
    admitted = await admitChallenge(authority, place.judges, asked)
    return await issue(authority, admittedOrder(order, admitted), admitted)
  } catch (error) {
    if (!isProblem(error)) throw error
    // What the same order used up while this one was looked at, its challenge above all, refuses no repeat of it.
    const overtaking = await standingOrder(authority, order)
    if (overtaking !== undefined) return overtaking
    await admitted?.tell?.({ refused: error })
    throw error
  }
}

/** The key of an enrolment is the signer's: what is wrong with it can be told. */
function refuseOtherKinds({ signer }: PkiMessage, { keyKinds }: ScepConfig): void {
  if (keyKinds.some((kind) => kind === signer.keyKind)) return
  throw new Problem('csr_key_not_allowed', {
    expected: keyKinds.join(', '),
    found: signer.keyDescription,
  })
}

/**
 * CertPoll (RFC 8894 §3.3.3): what became of an order that waits, told to the key that placed it.
 *
 * @throws Problem `not_found` where this key has none of this name, `enrollment_denied`
 */
export async function pollByScep(
  authority: Authority,
  place: ScepApp,
  { message, caller }: OpenedMessage,
): Promise<OrderOutcome> {
  const order = orderOf(authority, place, { message, request: message.signer, caller })
  const outcome = await standingOrder(authority, order)
  if (outcome !== undefined) return outcome
  throw new Problem('not_found', { detail: 'This key has no transaction of this name' })
}

/** A client makes the name of its transaction, mostly of its key: another key never finds it. */
function orderOf(
  { now }: Authority,
  { appId, app, scep }: ScepApp,
  {
    message: { transactionId },
    request,
    caller,
  }: Pick<OpenedMessage, 'message' | 'caller'> & {
    request: Pick<KeyRequest, 'spki' | 'spkiSha256'>
  },
): ProtocolOrder {
  const named = `${request.spkiSha256} ${transactionId}`
  return {
    protocol: 'scep',
    appId,
    app,
    request,
    admission: unattestedAdmission(scep, now()),
    reference: createHash('sha256').update(named).digest('base64url'),
    authorizedBy: 'nobody',
    maxPerHour: scep.maxPerHour,
    caller,
  }
}

function admittedOrder(
  order: ProtocolOrder,
  {
    authorizedBy,
    use,
    identifier,
    isOnce = false,
    maxPerHour = order.maxPerHour,
  }: AdmittedChallenge,
): ProtocolOrder {
  const { admission } = order
  return {
    ...order,
    authorizedBy,
    use,
    maxPerHour,
    mayBeKept: !isOnce,
    admission: identifier === undefined ? admission : { ...admission, identifier },
  }
}

async function issue(
  authority: Authority,
  order: ProtocolOrder,
  { tell }: AdmittedChallenge,
): Promise<OrderOutcome> {
  const outcome = await enrollOrWait(authority, order)
  if ('enrolled' in outcome) {
    const { certificate } = outcome.enrolled
    const ca = authority.issuers.byId(certificate.issuer_id)?.certificate
    await tell?.({ issued: { certificate, issuer: nameText(ca?.subject ?? derSequence()) } })
  }
  return outcome
}

async function renew(
  authority: Authority,
  { appId, app, scep: settings }: ScepApp,
  { identity, request, caller }: { identity: DeviceIdentity; request: KeyRequest; caller: Caller },
): Promise<OrderOutcome> {
  const renewal = { protocol: 'scep', appId, app, settings, identity, request, caller } as const
  return { enrolled: await renewByProtocol(authority, renewal) }
}
