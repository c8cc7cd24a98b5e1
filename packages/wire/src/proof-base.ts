const encoder = new TextEncoder()

/**
 * What the key of an expired certificate signs to renew it: `"sallyport-renew-v1\0"` ‖ the 32 bytes
 * of the challenge ‖ the DER SubjectPublicKeyInfo of the new request.
 */
export function renewalProofBase(challenge: Uint8Array, spki: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(encoder.encode('sallyport-renew-v1\0'), challenge, spki)
}

/**
 * What evidence vouches for where it cannot attest the TLS key itself: `"sallyport-enrol-v1\0"` ‖
 * the 32 bytes of the challenge ‖ the DER SubjectPublicKeyInfo of the request.
 */
export function enrollmentProofBase(
  challenge: Uint8Array,
  spki: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return concat(encoder.encode('sallyport-enrol-v1\0'), challenge, spki)
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
