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
  const sameHash = material.ofKey(key.spkiSha256)
  for (const certificate of sameHash.length > 0 ? sameHash : writtenOtherwise(key, material)) {
    const facts = readCertificateFacts(certificate)
    if (facts !== undefined) pairs.push({ key, certificate, facts, isSigned: signs(key, facts) })
  }
  return pairs
}

const mostCompared = 1_000

/** An elliptic key can be written in more than one way: its point compressed, its curve by parameters. */
function writtenOtherwise({ key }: FoundKey, material: KeyMaterial): FoundCertificate[] {
  if (key.asymmetricKeyType !== 'ec' || material.certificates.size > mostCompared) return []
  return [...material.certificates.values()].filter((certificate) => {
    const facts = readCertificateFacts(certificate)
    return facts?.x509.checkPrivateKey(key) === true
  })
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
