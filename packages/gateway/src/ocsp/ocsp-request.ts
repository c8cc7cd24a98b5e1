import { createHash } from 'node:crypto'
import {
  bitStringOctetsOf,
  type Certificate,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  readDer,
  tags,
} from '@sallyport/pki'

const sha1 = '1.3.14.3.2.26'

/**
 * CertID (RFC 6960 §4.1.1) of a certificate. SHA-1 names the issuer here, and protects nothing: it is what
 * every responder answers to (RFC 5019 §2.1.1).
 */
export function certificateStatusId(leaf: Certificate, issuer: Certificate): Buffer {
  const key = readDer(issuer.spki).enter('SubjectPublicKeyInfo')
  key.next(tags.sequence, 'algorithm')
  const octets = bitStringOctetsOf(key.next(tags.bitString, 'subjectPublicKey'))
  const { serial } = leaf
  return derSequence(
    derSequence(derOid(sha1), derNull()),
    derOctetString(createHash('sha1').update(issuer.subject).digest()),
    derOctetString(createHash('sha1').update(octets).digest()),
    derInteger(Buffer.from(serial.length % 2 === 0 ? serial : `0${serial}`, 'hex')),
  )
}

/** OCSPRequest for one certificate, without a nonce: the answer is for everybody (RFC 5019 §2.1). */
export function ocspRequest(leaf: Certificate, issuer: Certificate): Buffer {
  const request = derSequence(certificateStatusId(leaf, issuer))
  return derSequence(derSequence(derSequence(request)))
}
