import { createPublicKey, hash, type KeyObject } from 'node:crypto'

/**
 * The pin of a public key, as all platforms write it: base64 of the SHA-256 of its DER SubjectPublicKeyInfo,
 * 44 characters (RFC 7469 §2.4).
 */
export function pinOf(key: KeyObject): string {
  return pinOfSpki(key.export({ format: 'der', type: 'spki' }))
}

/** As `pinOf`, of a DER SubjectPublicKeyInfo. */
export function pinOfSpki(spki: Uint8Array): string {
  return hash('sha256', spki, 'base64')
}

const curveNames: ReadonlyMap<string | undefined, string> = new Map([
  ['prime256v1', 'p256'],
  ['secp384r1', 'p384'],
  ['secp521r1', 'p521'],
])

/** The kind of a key, of a DER SubjectPublicKeyInfo: `rsa-3072`, `ec-p256`, `ed25519`; undefined where OpenSSL reads none. */
export function keyNameOf(spki: Buffer): string | undefined {
  let key: KeyObject
  try {
    key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = key
  const { namedCurve, modulusLength } = asymmetricKeyDetails ?? {}
  const detail = modulusLength ?? curveNames.get(namedCurve) ?? namedCurve
  return [asymmetricKeyType, detail]
    .filter((part) => part !== undefined)
    .join('-')
    .toLowerCase()
}

/**
 * Why a text is no pin; undefined where it is one. Lenient decoders take texts that strict ones refuse, and
 * Android ends the app at its first connection over one that it cannot decode.
 */
export function pinFault(text: string): string | undefined {
  if (/^(?:sha256|sha1)\//.test(text)) return 'has a prefix: write the base64 alone'
  if (/[-_]/.test(text)) return 'is base64url: + and / stand in base64, - and _ do not'
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return 'has characters that are no base64'
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== 32) return `decodes to ${bytes.length} bytes: a SHA-256 has 32`
  return bytes.toString('base64') === text ? undefined : 'is not the one way to write its bytes'
}
