import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { type KeyTransport, unwrapKey } from './cms/key-transport.ts'
import type { KeyKind } from './key-kind.ts'
import { keyKindOf } from './key-kind.ts'
import { signWith } from './signature-algorithm.ts'

/** A private key that signs and does nothing else: it may live in a file, a token or a service. */
export interface SigningKey {
  readonly keyKind: KeyKind
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer
  readonly publicKey: KeyObject
  /** DER ECDSA-Sig-Value or PKCS#1 v1.5; SHA-384 under P-384, otherwise SHA-256. */
  sign(data: Uint8Array): Promise<Buffer>
  /** Decrypts a content key; of RSA keys that `createUnwrapping` made, and lie where that can be done. */
  readonly unwrap?: UnwrapKey
}

/**
 * Decrypts a content key that is encrypted to a key. Undefined where it is not, whatever is wrong with it; what
 * comes may be of any length, and no key of anyone. Rejects where the key cannot be asked, which says nothing of
 * the bytes: the sender may be told to come again.
 */
export type UnwrapKey = (
  encryptedKey: Buffer,
  transport: KeyTransport,
) => Promise<Buffer | undefined>

/**
 * Where the keys of CAs live. Files are one such place (`fileKeyProvider`); PKCS#11, a KMS or a
 * process that signs are others. A key is known by a name and never leaves as bytes.
 */
export interface KeyProvider {
  /** Makes a key that is there before this returns. Problem `key_exists` where the name is taken. */
  create(name: string, kind: KeyKind): Promise<SigningKey>
  /**
   * The same of an RSA key that also has `unwrap`. Tokens and services differ in what they decrypt: whoever makes
   * such a key tries it.
   */
  createUnwrapping(name: string, kind: KeyKind): Promise<SigningKey>
  /** Problem `key_missing` where there is none of this name. */
  open(name: string): Promise<SigningKey>
  /** The names of all keys, sorted. */
  list(): Promise<string[]>
}

export type KeyPair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject }

const generate = promisify(generateKeyPair)

const generators: Readonly<Record<KeyKind, () => Promise<KeyPair>>> = {
  'ec-p256': () => generate('ec', { namedCurve: 'P-256' }),
  'ec-p384': () => generate('ec', { namedCurve: 'P-384' }),
  'rsa-2048': () => generate('rsa', { modulusLength: 2_048 }),
  'rsa-3072': () => generate('rsa', { modulusLength: 3_072 }),
  'rsa-4096': () => generate('rsa', { modulusLength: 4_096 }),
}

/** A new key pair in memory: for CAs before they are stored, servers, and devices in software. */
export function generateKey(kind: KeyKind): Promise<KeyPair> {
  return generators[kind]()
}

/** A signing key over a private key in memory. TypeError where it is of no kind that we use. */
export function signingKeyOf(key: KeyPair): SigningKey {
  const kind = keyKindOf(key.publicKey)
  if (kind === undefined) throw new TypeError('not a key that can sign certificates')
  const { privateKey, publicKey } = key
  return {
    keyKind: kind,
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    publicKey,
    sign: (data) => signWith(privateKey, kind, data),
    ...(kind.startsWith('rsa-')
      ? {
          unwrap: (encryptedKey, transport) =>
            Promise.resolve(unwrapKey(privateKey, transport, encryptedKey)),
        }
      : {}),
  }
}
