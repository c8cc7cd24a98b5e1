import { type DerCursor, type DerElement, readDer } from './der/der-cursor.ts'
import { DerError } from './der/der-error.ts'
import { bitStringOctetsOf } from './der/der-value.ts'
import { derBitString, derSequence } from './der/der-writer.ts'
import { tags } from './der/tag.ts'
import { canonicalSignature } from './ecdsa-form.ts'
import { signatureAlgorithmIdentifier, signatureAlgorithmOf } from './signature-algorithm.ts'
import type { SigningKey } from './signing-key.ts'

/**
 * What certificates (RFC 5280 §4.1), their lists (§5.1) and requests (RFC 2986 §4.2) have in common: a
 * SEQUENCE of contents, an AlgorithmIdentifier, and a signature over the contents as they are encoded.
 */
export type SignedStructure = {
  readonly contents: DerElement
  /** AlgorithmIdentifier. */
  readonly algorithm: DerElement
  /** OID */
  readonly signatureAlgorithm: string
  readonly signature: Buffer
}

/**
 * Reads one and nothing after it. The signature is not verified.
 *
 * @param names of the structure and of its contents, for errors
 * @throws DerError
 */
export function readSigned(
  der: Buffer,
  [whole, inside]: readonly [string, string],
): SignedStructure {
  const outer = readDer(der)
  const structure = outer.enter(whole)
  outer.end(whole)
  const contents = structure.next(tags.sequence, inside)
  const algorithm = structure.next(tags.sequence, 'signatureAlgorithm')
  const signatureAlgorithm = signatureAlgorithmOf(algorithm, 'signatureAlgorithm')
  const signature = bitStringOctetsOf(structure.next(tags.bitString, 'signature'), 'signature')
  structure.end(whole)
  return { contents, algorithm, signatureAlgorithm, signature }
}

/** The algorithm is signed, too, and must be the same (RFC 5280 §4.1.2.3, §5.1.2.2). @throws DerError */
export function readInnerAlgorithm(contents: DerCursor, { algorithm }: SignedStructure): void {
  const inner = contents.next(tags.sequence, 'signature')
  if (inner.whole.equals(algorithm.whole)) return
  throw new DerError('the signature algorithms inside and outside differ', inner.offset)
}

/** Signs contents (DER), in the one form that signatures of ours have. DER. */
export async function signStructure(key: SigningKey, contents: Buffer): Promise<Buffer> {
  const signature = canonicalSignature(await key.sign(contents), key.keyKind)
  return derSequence(contents, signatureAlgorithmIdentifier(key.keyKind), derBitString(signature))
}
