import type { KeyObject } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { DerError } from './der/der-error.ts'
import { smallIntegerOf } from './der/der-value.ts'
import { derBitString, derContext, derInteger, derSequence } from './der/der-writer.ts'
import { contextConstructed, tags } from './der/tag.ts'
import { nameOf, readName } from './distinguished-name.ts'
import { type KeyKind, keyKindOf } from './key-kind.ts'
import {
  acceptedSignatureAlgorithms,
  isAcceptedSignatureAlgorithm,
  isSignedBy,
  signatureAlgorithmIdentifier,
  signatureAlgorithmName,
  signWithNow,
} from './signature-algorithm.ts'
import { readSigned, signStructure } from './signed-structure.ts'
import type { SigningKey } from './signing-key.ts'
import { publicKeyFromSpki, readSubjectPublicKey } from './subject-public-key.ts'

/**
 * What is used of a PKCS#10 request (RFC 2986): its key, and that its sender holds the private one.
 * Subject, names and attributes that it asks for are not even read.
 */
export type SigningRequest = {
  readonly der: Buffer
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer
  readonly publicKey: KeyObject
  readonly keyKind: KeyKind
}

export const maxSigningRequestBytes = 8_192

/**
 * Reads a DER signing request of at most 8 KiB and verifies its proof of possession. The kind of
 * key is looked at before anything is computed with it. Problems `csr_malformed`,
 * `csr_key_not_allowed`, `csr_signature_invalid`.
 */
export function parseSigningRequest(
  der: Uint8Array,
  options: { keyKinds: readonly KeyKind[] },
): SigningRequest {
  if (!(der instanceof Uint8Array)) throw new TypeError('a signing request is bytes')
  if (der.length > maxSigningRequestBytes) {
    throw new Problem('csr_malformed', {
      detail: 'it is too large',
      expected: `at most ${maxSigningRequestBytes} bytes`,
      found: `${der.length} bytes`,
    })
  }
  const bytes = Buffer.from(der)
  const request = readOrRefuse(() => readRequest(bytes))
  const { kind, description } = readOrRefuse(() => readSubjectPublicKey(request.spki))
  if (kind === undefined || !options.keyKinds.includes(kind)) {
    throw new Problem('csr_key_not_allowed', {
      expected: options.keyKinds.join(', '),
      found: description,
    })
  }
  const publicKey = readKey(request.spki)
  verifyPossession(request, publicKey)
  return { der: bytes, spki: request.spki, publicKey, keyKind: kind }
}

/** A request as a device sends it: DER, signed by its key, with a common name or no subject at all. */
export function createSigningRequest(
  key: { privateKey: KeyObject; publicKey: KeyObject },
  options: { subject?: string } = {},
): Buffer {
  const kind = keyKindOf(key.publicKey)
  if (kind === undefined) throw new TypeError('not a key that can be certified')
  const spki = key.publicKey.export({ format: 'der', type: 'spki' })
  const information = requestInformation(spki, options.subject)
  const signature = signWithNow(key.privateKey, kind, information)
  return derSequence(information, signatureAlgorithmIdentifier(kind), derBitString(signature))
}

/** The request of a CA, whose key may be anywhere: for whoever has the root to issue it by. */
export function createAuthorityRequest(key: SigningKey, subject: string): Promise<Buffer> {
  return signStructure(key, requestInformation(key.spki, subject))
}

function requestInformation(spki: Uint8Array, subject: string | undefined): Buffer {
  return derSequence(derInteger(0), nameOf(subject), spki, derContext(0))
}

type ReadRequest = { information: Buffer; spki: Buffer; algorithm: string; signature: Buffer }

function readRequest(der: Buffer): ReadRequest {
  const names = ['CertificationRequest', 'certificationRequestInfo'] as const
  const { contents, signatureAlgorithm, signature } = readSigned(der, names)
  const fields = contents.enter('certificationRequestInfo')
  smallIntegerOf(fields.next(tags.integer, 'version'), 0, 'version')
  readName(fields.next(tags.sequence, 'subject'), 'subject')
  const spki = fields.next(tags.sequence, 'subjectPKInfo').whole
  fields.next(contextConstructed(0), 'attributes')
  fields.end('certificationRequestInfo')
  return { information: contents.whole, spki, algorithm: signatureAlgorithm, signature }
}

function verifyPossession(request: ReadRequest, publicKey: KeyObject): void {
  const { algorithm, information, signature } = request
  if (isSignedBy(publicKey, algorithm, information, signature)) return
  const isKnown = isAcceptedSignatureAlgorithm(algorithm)
  throw new Problem('csr_signature_invalid', {
    expected: isKnown ? 'a signature by the key in the request' : acceptedSignatureAlgorithms,
    found: isKnown ? 'a signature that does not verify' : signatureAlgorithmName(algorithm),
  })
}

function readOrRefuse<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Problem('csr_malformed', {
      detail: 'it is not a strictly encoded PKCS#10 request',
      expected: 'DER (RFC 2986 §4)',
      found: error.message,
      cause: error,
    })
  }
}

function readKey(spki: Buffer): KeyObject {
  try {
    return publicKeyFromSpki(spki)
  } catch (error) {
    throw new Problem('csr_malformed', {
      detail: 'its public key is none',
      found: error instanceof Error ? error.message : String(error),
      cause: error,
    })
  }
}
