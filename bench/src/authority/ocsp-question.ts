import { createHash, randomBytes } from 'node:crypto'
import {
  bitStringOctetsOf,
  type Certificate,
  derContext,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  readDer,
  tags,
} from '@sallyport/pki'

const sha1 = '1.3.14.3.2.26'
const nonceExtension = '1.3.6.1.5.5.7.48.1.2'

/** OCSPRequest about one certificate, with a nonce of 32 bytes: what is asked can be answered by nothing kept. */
export function ocspQuestion(certificate: Certificate, issuer: Certificate): Buffer {
  return ocspQuestions([ocspCertificate(certificate, issuer)])
}

/** OCSPRequest about certificates, with a nonce. */
export function ocspQuestions(ids: readonly Buffer[]): Buffer {
  const nonce = derSequence(derOid(nonceExtension), derOctetString(derOctetString(randomBytes(32))))
  const list = derSequence(...ids.map((id) => derSequence(id)))
  return derSequence(derSequence(list, derContext(2, derSequence(nonce))))
}

/** CertID (RFC 6960 §4.1.1), over SHA-1, as most clients have it. */
export function ocspCertificate(certificate: Certificate, issuer: Certificate): Buffer {
  const info = readDer(issuer.spki).enter('SubjectPublicKeyInfo')
  info.next(tags.sequence)
  const keyBits = bitStringOctetsOf(info.next(tags.bitString))
  const digest = (data: Uint8Array) => derOctetString(createHash('sha1').update(data).digest())
  const { serial } = certificate
  const number = Buffer.from(serial.padStart(serial.length + (serial.length % 2), '0'), 'hex')
  return derSequence(
    derSequence(derOid(sha1), derNull()),
    digest(issuer.subject),
    digest(keyBits),
    derInteger(number),
  )
}
