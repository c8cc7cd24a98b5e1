import { createHash, timingSafeEqual, verify } from 'node:crypto'
import type { Certificate } from '../certificate.ts'
import { oids } from '../oids.ts'
import { cmsOids } from './cms-oids.ts'
import type { SignedData } from './signed-data.ts'

const sha1WithRsa: ReadonlySet<string> = new Set(['1.2.840.113549.1.1.5', cmsOids.rsaEncryption])

/**
 * Whether the content is signed by this certificate's RSA key over SHA-1, as `isSignedContent` has it of the
 * others. Whoever can make two messages of one digest signs both: only for messages whose signer made them
 * alone, and where an operator allows it.
 */
export function isSignedContentBySha1(
  { contentType, content, signer }: SignedData,
  certificate: Certificate,
): boolean {
  const { digestAlgorithm, signedAttributes, signatureAlgorithm, signature } = signer
  if (digestAlgorithm !== oids.sha1 || !sha1WithRsa.has(signatureAlgorithm)) return false
  if (signedAttributes?.contentType !== contentType) return false
  const expected = createHash('sha1').update(content).digest()
  const { messageDigest } = signedAttributes
  if (messageDigest.length !== expected.length) return false
  if (!timingSafeEqual(messageDigest, expected)) return false
  // Of no other size or kind do we compute with keys from outside.
  if (certificate.keyKind?.startsWith('rsa-') !== true) return false
  return verify('sha1', signedAttributes.der, certificate.publicKey, signature)
}
