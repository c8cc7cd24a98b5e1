import { cborBytes, cborMap } from '../cbor/cbor-members.ts'
import { decodeFirstCbor } from '../cbor/decode-cbor.ts'
import { type AuthenticatorData, readAssertionData } from './authenticator-data.ts'

/** What `DCAppAttestService.generateAssertion` returned. */
export type AssertionObject = {
  /** DER ECDSA-Sig-Value */
  readonly signature: Buffer
  readonly authenticatorData: AuthenticatorData
  /** How many bytes follow the object. */
  readonly trailingBytes: number
}

/** Those of phones have 140 to 210 bytes. */
export const maxAssertionBytes = 4_096

/**
 * Reads the CBOR `{signature, authenticatorData}`, which the caller has bounded to `maxAssertionBytes`.
 * Members that are unknown are passed over. Nothing is verified. Throws CborError.
 */
export function readAssertionObject(bytes: Uint8Array): AssertionObject {
  const { value, byteLength } = decodeFirstCbor(bytes)
  const object = cborMap(value, 'the assertion')
  return {
    signature: cborBytes(object.get('signature'), 'signature'),
    authenticatorData: readAssertionData(
      cborBytes(object.get('authenticatorData'), 'authenticatorData'),
    ),
    trailingBytes: bytes.length - byteLength,
  }
}
