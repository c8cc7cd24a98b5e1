import { isProblem } from '@sallyport/problem'
import type { Certificate } from './certificate.ts'
import { isSignedBy } from './signature-algorithm.ts'

/** Something signed: by which algorithm (OID), over which bytes. */
export type Signed = {
  readonly signatureAlgorithm: string
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Whether it is signed by the key of a certificate. A key of no kind that we certify signs nothing, and is
 * not computed with: so no one makes us compute with a key of any size.
 */
export function isSignedByKeyOf(
  issuer: Certificate,
  { signatureAlgorithm, signed, signature }: Signed,
): boolean {
  if (issuer.keyKind === undefined) return false
  try {
    return isSignedBy(issuer.publicKey, signatureAlgorithm, signed, signature)
  } catch (error) {
    // A point that is not on its curve: no key, so none that signed.
    if (isProblem(error)) return false
    throw error
  }
}
