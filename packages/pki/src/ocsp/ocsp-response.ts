import { createHash } from 'node:crypto'
import { extension, type Issuer } from '../issue/build-certificate.ts'
import { readDer } from '../der/der-cursor.ts'
import { derGeneralizedTime } from '../der/der-time.ts'
import { bitStringOctetsOf } from '../der/der-value.ts'
import {
  derBitString,
  derContext,
  derContextPrimitive,
  derElement,
  derOctetString,
  derOid,
  derSequence,
} from '../der/der-writer.ts'
import { tags } from '../der/tag.ts'
import { oids } from '../oids.ts'
import { type RevocationReason, revocationReasons } from '../revocation/revocation-reason.ts'
import { signatureAlgorithmIdentifier } from '../signature-algorithm.ts'
import type { CertificateId } from './certificate-id.ts'

/** What is known of a certificate. `unknown`: this issuer never issued it. */
export type OcspStatus =
  | { readonly status: 'good' }
  | { readonly status: 'unknown' }
  | {
      readonly status: 'revoked'
      /** Milliseconds. */
      readonly revokedAt: number
      readonly reason?: RevocationReason | undefined
    }

export type OcspAnswers = {
  readonly answers: readonly { readonly id: Pick<CertificateId, 'der'>; readonly is: OcspStatus }[]
  /** Milliseconds, written to the second: since when what is said is right. */
  readonly thisUpdate: number
  /** Milliseconds, written to the second: when something newer will be there. */
  readonly nextUpdate: number
  /** Milliseconds. */
  readonly producedAt: number
  readonly nonce?: Buffer | undefined
}

/** OCSPResponseStatus (RFC 6960 §4.2.1) of answers that say nothing of a certificate. */
const failures = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const
export type OcspFailure = keyof typeof failures

/** OCSPResponse without a word on any certificate: not signed. */
export function ocspFailure(failure: OcspFailure): Buffer {
  return derSequence(derElement(tags.enumerated, Buffer.from([failures[failure]])))
}

/**
 * Builds and signs an OCSPResponse (RFC 6960 §4.2.1) with the key of a responder, whose certificate,
 * issued by the CA of all certificates that were asked about, goes along.
 */
export async function buildOcspResponse(
  responder: Issuer,
  { answers, thisUpdate, nextUpdate, producedAt, nonce }: OcspAnswers,
): Promise<Buffer> {
  const { certificate, key } = responder
  const times = [derGeneralizedTime(thisUpdate), derContext(0, derGeneralizedTime(nextUpdate))]
  const extensions =
    nonce === undefined
      ? []
      : [derContext(1, derSequence(extension(oids.ocspNonce, false, derOctetString(nonce))))]
  const data = derSequence(
    derContext(2, derOctetString(keyHash(certificate.spki))),
    derGeneralizedTime(producedAt),
    derSequence(
      ...answers.map(({ id, is }) => derSequence(id.der, certificateStatus(is), ...times)),
    ),
    ...extensions,
  )
  const basic = derSequence(
    data,
    signatureAlgorithmIdentifier(key.keyKind),
    derBitString(await key.sign(data)),
    derContext(0, derSequence(certificate.der)),
  )
  return derSequence(
    derElement(tags.enumerated, Buffer.from([0])),
    derContext(0, derSequence(derOid(oids.ocspBasic), derOctetString(basic))),
  )
}

function certificateStatus(is: OcspStatus): Buffer {
  if (is.status === 'good') return derContextPrimitive(0, Buffer.alloc(0))
  if (is.status === 'unknown') return derContextPrimitive(2, Buffer.alloc(0))
  const reason =
    is.reason === undefined
      ? []
      : [derContext(0, derElement(tags.enumerated, Buffer.from([revocationReasons[is.reason]])))]
  return derContext(1, derGeneralizedTime(is.revokedAt), ...reason)
}

/** KeyHash of ResponderID: SHA-1, whatever certificates are asked about by. */
function keyHash(spki: Buffer): Buffer {
  const info = readDer(spki).enter('SubjectPublicKeyInfo')
  info.next(tags.sequence, 'algorithm')
  const bits = bitStringOctetsOf(info.next(tags.bitString, 'subjectPublicKey'))
  return createHash('sha1').update(bits).digest()
}
