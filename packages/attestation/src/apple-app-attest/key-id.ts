import { createHash } from 'node:crypto'

const pointBytes = 65

/** The uncompressed point in the SubjectPublicKeyInfo (DER) of a P-256 key: its end. */
export function pointOf(spki: Uint8Array): Uint8Array {
  return spki.subarray(-pointBytes)
}

/** The id of an App Attest key: SHA-256 of its uncompressed point. Apple writes it as base64. */
export function keyIdOf(point: Uint8Array): Buffer {
  return createHash('sha256').update(point).digest()
}

/**
 * The id of an App Attest key as Apple writes it: base64.
 *
 * @param spki DER SubjectPublicKeyInfo of a P-256 key; of another, the id is of no key
 */
export function appAttestKeyId(spki: Uint8Array): string {
  return keyIdOf(pointOf(spki)).toString('base64')
}
