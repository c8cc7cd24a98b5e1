import { constants, type KeyObject, verify } from 'node:crypto'

/** What a JWS algorithm takes for a key, and how its signature is verified. */
export type ProofAlgorithm = {
  readonly keyType: 'EC' | 'OKP' | 'RSA'
  /** The only curve of its keys. */
  readonly curve?: string
  /** Synchronous: a proof comes with every request, and a turn to another thread costs more. */
  readonly verify: (key: KeyObject, signed: Buffer, signature: Uint8Array) => boolean
}

/**
 * The algorithms that a DPoP proof may be signed with: of key pairs (RFC 9449 §4.3, 5), and none of
 * PKCS #1 v1.5, which FAPI 2.0 §5.4 leaves out as well. ECDSA as r and s side by side (RFC 7518 §3.4).
 */
export const proofAlgorithms: ReadonlyMap<string, ProofAlgorithm> = new Map([
  ['ES256', ecdsa('P-256', 'sha256', 64)],
  ['ES384', ecdsa('P-384', 'sha384', 96)],
  ['ES512', ecdsa('P-521', 'sha512', 132)],
  ['PS256', pss('sha256')],
  ['PS384', pss('sha384')],
  ['PS512', pss('sha512')],
  ['EdDSA', ed25519()],
  ['Ed25519', ed25519()],
])

function ecdsa(curve: string, digest: string, signatureBytes: number): ProofAlgorithm {
  return {
    keyType: 'EC',
    curve,
    verify: (key, signed, signature) =>
      signature.length === signatureBytes &&
      verify(digest, signed, { key, dsaEncoding: 'ieee-p1363' }, signature),
  }
}

function pss(digest: string): ProofAlgorithm {
  const options = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  }
  return {
    keyType: 'RSA',
    verify: (key, signed, signature) => verify(digest, signed, { key, ...options }, signature),
  }
}

function ed25519(): ProofAlgorithm {
  return {
    keyType: 'OKP',
    curve: 'Ed25519',
    verify: (key, signed, signature) =>
      signature.length === 64 && verify(null, signed, key, signature),
  }
}
