import { createPublicKey, type KeyObject } from 'node:crypto'

const maxCharacters = 1_024

/*
 * The keys of Play Integrity as the Play Console shows them: base64, over as many lines as a file has.
 * Undefined: it is none.
 */

/** AES-256: tokens come as A256KW. */
export function readDecryptionKey(text: string): Buffer | undefined {
  const bytes = decode(text)
  return bytes?.length === 32 ? bytes : undefined
}

/** P-256, as SubjectPublicKeyInfo: tokens are signed with ES256. */
export function readVerificationKey(text: string): KeyObject | undefined {
  const der = decode(text)
  if (der === undefined) return undefined
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined
  } catch {
    return undefined
  }
}

function decode(text: string): Buffer | undefined {
  if (text.length > maxCharacters) return undefined
  const base64 = text.replaceAll(/\s/g, '')
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined
}
