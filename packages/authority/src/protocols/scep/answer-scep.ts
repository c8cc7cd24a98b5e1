import { readEnvelopedData } from '@sallyport/pki/cms'
import { DerError, type Certificate, verifyDeviceCertificate } from '@sallyport/pki'
import { isProblem, Problem, publicCode, type ReasonCode, reasonOf } from '@sallyport/problem'
import { toBase64url } from '@sallyport/wire'
import type { Authority, Caller } from '../../authority.ts'
import { policyGate } from '../../enrollment/policy-gate.ts'
import { bytesOf } from '../../signer/bytes.ts'
import type { SignerInput } from '../../signer/signer.ts'
import type { OrderOutcome } from '../enroll-or-wait.ts'
import { enrollByScep, type OpenedMessage, pollByScep, type ScepApp } from './enroll-by-scep.ts'
import { getCertificate, getRevocationList } from './look-up.ts'
import { type PkiMessage, readPkiMessage, type ScepRequestType } from './pki-message.ts'
import type { Ra } from './ra-certificates.ts'

/** A CertRep, and the refusal that it tells of, if it is one. */
export type ScepAnswer = {
  message: Buffer
  kind: 'issued' | 'pending' | 'found' | 'refused'
  refusal?: Problem
}

type Enclosed =
  | { certificates: Uint8Array[]; list?: Uint8Array; kind: 'issued' | 'found' }
  | 'pending'
type Answerer = (authority: Authority, place: ScepApp, opened: OpenedMessage) => Promise<Enclosed>

/** What is done with each type of message (RFC 8894 §3.2.1.2). */
const answerers: Readonly<Record<ScepRequestType, Answerer>> = {
  '19': async (...asked) => outcomeOf(await enrollByScep(...asked)),
  '17': async (...asked) => outcomeOf(await enrollByScep(...asked)),
  '20': async (...asked) => outcomeOf(await pollByScep(...asked)),
  '21': async (...asked) => ({ certificates: [await getCertificate(...asked)], kind: 'found' }),
  '22': async (...asked) => ({
    certificates: [],
    list: await getRevocationList(...asked),
    kind: 'found',
  }),
}

/**
 * Answers a pkiMessage (RFC 8894 §3.2). What cannot be read, and what may succeed if it is sent again, is no
 * CertRep: it is thrown, for HTTP to tell.
 *
 * @throws Problem `cms_malformed`, `cms_signature_invalid`, `cms_recipient_unknown`, and such as are retryable
 */
export async function answerScep(
  authority: Authority,
  place: ScepApp,
  ras: readonly Ra[],
  { body, caller }: { body: Uint8Array; caller: Caller },
): Promise<ScepAnswer> {
  const message = readPkiMessage(body, place.scep)
  const { ra, cipher } = recipientOf(message, ras)
  const reply = async (
    said: Pick<SignerInput<'scepReply'>, 'enclosed' | 'failInfo' | 'failInfoText'>,
  ) => {
    const answer = await authority.signer.scepReply({
      ra: ra.reference,
      transactionId: message.transactionId,
      recipientNonce: toBase64url(message.senderNonce),
      ...said,
    })
    return bytesOf(answer.message)
  }
  try {
    refuseOtherKeys(message.signer)
    const own = verifyDeviceCertificate(message.signer.der, authority.issuers.bundle)
    // Before anything is decrypted: what is sent in again and again is no client.
    if (!own.ok) refuseFailing(authority, place, caller)
    const { content } = await authority.signer.scepContent({
      ra: ra.reference,
      messageType: message.messageType,
      envelope: toBase64url(message.envelope),
    })
    const answer = answerers[message.messageType]
    const enclosed = await answer(authority, place, {
      message,
      own,
      content: bytesOf(content),
      caller,
    })
    if (enclosed === 'pending') return { message: await reply({}), kind: 'pending' }
    const { certificates, list, kind } = enclosed
    return {
      message: await reply({
        enclosed: {
          recipient: toBase64url(message.signer.der),
          cipher: cipher === 'des-cbc' ? 'aes-128-cbc' : cipher,
          certificates: certificates.map((der) => toBase64url(der)),
          ...(list === undefined ? {} : { list: toBase64url(list) }),
        },
      }),
      kind,
    }
  } catch (error) {
    if (!isProblem(error) || !isFinal(error.code)) throw error
    const failure = {
      failInfo: failInfoOf(error.code),
      failInfoText: reasonOf(publicCode(error.code)).title.slice(0, 200),
    }
    return { message: await reply(failure), kind: 'refused', refusal: error }
  }
}

/** @throws Problem `enrollment_failures_too_often` */
function refuseFailing(
  { failedAttempts }: Authority,
  { appId, app }: ScepApp,
  { address }: Caller,
): void {
  const most = app.enrollment.limits.failuresPerAddressPerHour
  failedAttempts.refuseTooMany({ appId, address, most }, policyGate('enforce'))
}

function outcomeOf(outcome: OrderOutcome): Enclosed {
  if ('pending' in outcome) return 'pending'
  return { certificates: [outcome.enrolled.certificate.der], kind: 'issued' }
}

/** Which of the registration authorities it is encrypted to. */
function recipientOf({ envelope }: PkiMessage, ras: readonly Ra[]) {
  try {
    const { recipients, cipher } = readEnvelopedData(envelope)
    const ra = ras.find(({ certificate }) =>
      recipients.some(({ isCertificate }) => isCertificate(certificate)),
    )
    if (ra !== undefined) return { ra, cipher: cipher.name }
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Problem('cms_malformed', {
      expected: 'EnvelopedData to an RSA key (RFC 8894 §3.1)',
      found: error.message,
      cause: error,
    })
  }
  throw new Problem('cms_recipient_unknown')
}

/** The answer is encrypted to the key that signed. */
function refuseOtherKeys({ keyKind, keyDescription }: Certificate): void {
  if (keyKind?.startsWith('rsa-') === true) return
  throw new Problem('csr_key_not_allowed', {
    expected: 'an RSA key of 2048 bits or more, to which the answer can be encrypted',
    found: keyDescription,
  })
}

/** What is wrong with the machine, or is over soon, is nothing to tell a device for good. */
function isFinal(code: ReasonCode): boolean {
  const { retryable, status } = reasonOf(code)
  return !retryable && status < 500
}

/** RFC 8894 §3.2.1.4: badAlg, badMessageCheck, badRequest, badCertId. */
const badRequest = 2
const failInfos: Partial<Record<ReasonCode, number>> = {
  cms_cipher_not_allowed: 0,
  csr_key_not_allowed: 0,
  cms_malformed: 1,
  cms_decryption_failed: 1,
  cms_signature_invalid: 1,
  csr_signature_invalid: 1,
  not_found: 4,
}

function failInfoOf(code: ReasonCode): number {
  return failInfos[code] ?? badRequest
}
