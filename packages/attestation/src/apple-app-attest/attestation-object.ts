import { cborArray, cborBytes, cborMap, cborText } from '../cbor/cbor-members.ts'
import { decodeFirstCbor } from '../cbor/decode-cbor.ts'
import {
  type AttestedCredential,
  type AuthenticatorData,
  readAttestationData,
} from './authenticator-data.ts'

/** What `DCAppAttestService.attestKey` returned. */
export type AttestationObject = {
  readonly format: string
  /** DER, leaf first. */
  readonly chain: readonly Buffer[]
  /** CMS, BER. */
  readonly receipt: Buffer | undefined
  readonly authenticatorData: AuthenticatorData & AttestedCredential
  /** How many bytes follow the object. */
  readonly trailingBytes: number
}

/** Those of phones have five to nine KiB. */
export const maxAttestationBytes = 32_768

/**
 * Reads the CBOR `{fmt, attStmt: {x5c, receipt}, authData}`, which the caller has bounded to
 * `maxAttestationBytes`. Members that are unknown are passed over. Nothing is verified. Throws CborError.
 *
 * https://developer.apple.com/documentation/devicecheck/attestation-object-validation-guide
 */
export function readAttestationObject(bytes: Uint8Array): AttestationObject {
  const { value, byteLength } = decodeFirstCbor(bytes)
  const object = cborMap(value, 'the attestation')
  const statement = cborMap(object.get('attStmt'), 'attStmt')
  const receipt = statement.get('receipt')
  return {
    format: cborText(object.get('fmt'), 'fmt'),
    chain: cborArray(statement.get('x5c'), 'x5c').map((item) => cborBytes(item, 'x5c')),
    receipt: receipt === undefined ? undefined : cborBytes(receipt, 'receipt'),
    authenticatorData: readAttestationData(cborBytes(object.get('authData'), 'authData')),
    trailingBytes: bytes.length - byteLength,
  }
}
