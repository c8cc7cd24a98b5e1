import { createHash } from 'node:crypto'
import type { Certificate } from '@sallyport/pki'
import type { StatusList } from './status-list.ts'

/**
 * A root key that evidence may end at. The key and its name are the anchor, not a certificate: roots
 * are re-issued, and their dates mean nothing here.
 */
export type TrustAnchor = {
  readonly spki: Buffer
  /** SHA-256 of the SPKI, lower-case hex. */
  readonly spkiSha256: string
  /** DER Name: what a chain without its root ends at. */
  readonly subject: Buffer
  readonly certificate: Certificate
  /** Evidence that ends here proves nothing outside development. */
  readonly development: boolean
}

export function trustAnchor(
  certificate: Certificate,
  options: { development?: boolean } = {},
): TrustAnchor {
  return {
    spki: certificate.spki,
    spkiSha256: createHash('sha256').update(certificate.spki).digest('hex'),
    subject: certificate.subject,
    certificate,
    development: options.development ?? false,
  }
}

/** What evidence is judged by besides policy. Handed in: nothing here reads a file or the network. */
export type TrustMaterial = {
  readonly android: {
    readonly anchors: readonly TrustAnchor[]
    /** Undefined: none is there. */
    readonly statusList: StatusList | undefined
    /** What a status list that is missing or older than this means. Undefined: its age is not looked at. */
    readonly statusListAge?: { readonly maxAgeMs: number; readonly whenTooOld: 'refuse' | 'allow' }
  }
  readonly appAttest: { readonly anchors: readonly TrustAnchor[] }
  readonly appAttestReceipts: { readonly anchors: readonly TrustAnchor[] }
  readonly managedDevices: { readonly anchors: readonly TrustAnchor[] }
}
