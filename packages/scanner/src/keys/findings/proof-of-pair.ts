import { randomBytes, sign, verify } from 'node:crypto'
import type { FoundCertificate, FoundKey, KeyMaterial } from '../key-material.ts'
import { type CertificateFacts, readCertificateFacts } from './certificate-facts.ts'

export type Pair = {
  readonly key: FoundKey
  readonly certificate: FoundCertificate
  readonly facts: CertificateFacts
  /** A challenge signed with the key was verified with the certificate, not only that their hashes are equal. */
  readonly isSigned: boolean
}

/** Every certificate of this key, wherever it lies. */
export function pairsOf(key: FoundKey, material: KeyMaterial): Pair[] {
  const pairs: Pair[] = []
  for (const certificate of material.ofKey(key.spkiSha256)) {
    const facts = readCertificateFacts(certificate)
    if (facts !== undefined) pairs.push({ key, certificate, facts, isSigned: signs(key, facts) })
  }
  return pairs
}

/** Keys that only agree on secrets (X25519) cannot sign: for those the hash is all. */
function signs({ key }: FoundKey, { x509 }: CertificateFacts): boolean {
  const challenge = randomBytes(32)
  const digest = key.asymmetricKeyType?.startsWith('ed') ? undefined : 'sha256'
  try {
    return verify(digest, challenge, x509.publicKey, sign(digest, challenge, key))
  } catch {
    return false
  }
}
