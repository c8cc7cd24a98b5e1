import { CborError } from '../cbor/cbor-error.ts'
import { type CborMap, isCborMap } from '../cbor/cbor-value.ts'
import { decodeFirstCbor } from '../cbor/decode-cbor.ts'
import { readCredentialKey } from './credential-key.ts'

/** What an authenticator says of itself (WebAuthn Level 2 §6.1), as far as App Attest uses it. */
export type AuthenticatorData = {
  /** As it came: what nonces are made of. */
  readonly bytes: Buffer
  /** SHA-256 of the app id. */
  readonly rpIdHash: Buffer
  readonly flags: number
  readonly counter: number
  /**
   * The map that iOS 27 appends. Its presence is told by the bytes alone: phones append it with the
   * flag ED and without, and assertions set AT although they attest no credential.
   */
  readonly appended: CborMap | undefined
  /** How many bytes follow everything that is known. */
  readonly trailingBytes: number
}

/** In attestations. */
export type AttestedCredential = {
  readonly aaguid: Buffer
  readonly credentialId: Buffer
  /** The uncompressed point of the credential's public key, or undefined where it is no P-256 key. */
  readonly point: Buffer | undefined
}

const headBytes = 37
const aaguidBytes = 16

/** The authenticator data of an assertion: the head and, of iOS 27, a map. Throws CborError. */
export function readAssertionData(bytes: Buffer): AuthenticatorData {
  return { ...readHead(bytes), ...readAppended(bytes, headBytes) }
}

/** The authenticator data of an attestation: between the two the credential. Throws CborError. */
export function readAttestationData(bytes: Buffer): AuthenticatorData & AttestedCredential {
  const idAt = headBytes + aaguidBytes + 2
  if (bytes.length < idAt) throw new CborError('authenticator data cut short', bytes.length)
  const keyAt = idAt + bytes.readUInt16BE(headBytes + aaguidBytes)
  if (bytes.length < keyAt) throw new CborError('credential id cut short', bytes.length)
  const { value, byteLength } = decodeFirstCbor(bytes.subarray(keyAt))
  return {
    ...readHead(bytes),
    aaguid: bytes.subarray(headBytes, headBytes + aaguidBytes),
    credentialId: bytes.subarray(idAt, keyAt),
    point: readCredentialKey(value),
    ...readAppended(bytes, keyAt + byteLength),
  }
}

function readHead(bytes: Buffer) {
  if (bytes.length < headBytes) throw new CborError('authenticator data cut short', bytes.length)
  return {
    bytes,
    rpIdHash: bytes.subarray(0, 32),
    flags: bytes.readUInt8(32),
    counter: bytes.readUInt32BE(33),
  }
}

/** What follows is one map of CBOR and then nothing, or it is nothing that anyone has a word for. */
function readAppended(bytes: Buffer, at: number) {
  const rest = bytes.subarray(at)
  if (rest.length === 0) return { appended: undefined, trailingBytes: 0 }
  if (rest.readUInt8(0) >> 5 !== mapType) return { appended: undefined, trailingBytes: rest.length }
  const { value, byteLength } = decodeFirstCbor(rest)
  return {
    appended: isCborMap(value) ? value : undefined,
    trailingBytes: rest.length - byteLength,
  }
}

/** The first three bits of a map (RFC 8949 §3.1). */
const mapType = 5
