import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

/** A key of the Secure Enclave that vouches for other things and can do nothing else. */
export type AppAttestKeyPair = {
  /** SHA-256 of the uncompressed point, base64 as Apple writes it. */
  readonly keyId: string
  readonly privateKey: KeyObject
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer
}

export function makeAppAttestKey(): AppAttestKeyPair {
  return appAttestKeyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
}

export function appAttestKeyOf(privateKey: KeyObject): AppAttestKeyPair {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { keyId: credentialIdOf(spki).toString('base64'), privateKey, spki }
}

/** `generateKey` of DCAppAttestService names a key by its point. */
export function credentialIdOf(spki: Buffer): Buffer {
  return createHash('sha256').update(pointOf(spki)).digest()
}

/** The uncompressed point of a P-256 key, 65 bytes: the end of its SubjectPublicKeyInfo. */
export const pointOf = (spki: Buffer): Buffer => spki.subarray(-65)
