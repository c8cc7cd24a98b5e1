import { compactDecrypt, compactVerify } from 'jose'
import { readDecryptionKey, readVerificationKey } from './console-keys.ts'
import type { PlayIntegrityPolicy } from './policy.ts'

/** How far a token could be opened, and why no further. */
export type OpenedToken = {
  readonly isDecrypted: boolean
  /** Undefined where the signature does not verify, or it was never reached. */
  readonly payload: Uint8Array | undefined
  /** Why it could not be opened: never anything of the token or the keys. */
  readonly fault: string | undefined
}

/**
 * The one form in which Google makes tokens that others can open: those of classic requests. Of standard
 * ones Google keeps the key (developer.android.com/google/play/integrity/classic, the table of both).
 */
const decryption = {
  keyManagementAlgorithms: ['A256KW'],
  contentEncryptionAlgorithms: ['A256GCM'],
  // Compressed tokens are refused before they grow.
  maxDecompressedLength: 0,
}
const verification = { algorithms: ['ES256'] }

/** Decrypts a token and verifies what was inside, with the keys of the Play Console. Never rejects. */
export async function openIntegrityToken(
  token: string,
  keys: Pick<PlayIntegrityPolicy, 'decryptionKey' | 'verificationKey'>,
): Promise<OpenedToken> {
  const closed = { isDecrypted: false, payload: undefined }
  const decryptionKey = readDecryptionKey(keys.decryptionKey)
  if (decryptionKey === undefined) {
    return { ...closed, fault: 'the decryption key of the policy is not 32 bytes in base64' }
  }
  const verificationKey = readVerificationKey(keys.verificationKey)
  if (verificationKey === undefined) {
    return { ...closed, fault: 'the verification key of the policy is no P-256 key' }
  }
  const signed = await attempt(() => compactDecrypt(token, decryptionKey, decryption))
  if (signed === undefined)
    return { ...closed, fault: 'it is not encrypted with the key of the app' }
  const verified = await attempt(() =>
    compactVerify(signed.plaintext, verificationKey, verification),
  )
  return verified === undefined
    ? { isDecrypted: true, payload: undefined, fault: 'it is not signed by the key of the app' }
    : { isDecrypted: true, payload: verified.payload, fault: undefined }
}

/** Whatever jose throws over a token, it means one thing: it is not one that Google made for the app. */
async function attempt<T>(open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open()
  } catch {
    return undefined
  }
}
