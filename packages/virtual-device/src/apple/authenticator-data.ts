import { createHash } from 'node:crypto'
import { credentialIdOf, pointOf } from './app-attest-key.ts'
import type { IosPhone } from './ios-phone.ts'
import { writeCbor } from './write-cbor.ts'

export type AuthenticatorDataFields = {
  readonly rpIdHash: Buffer
  readonly flags: number
  readonly counter: number
  /** Of an attestation; an assertion has none. */
  readonly credential?: { readonly aaguid: Buffer; readonly id: Buffer; readonly publicKey: Buffer }
  /** What iOS 27 appends, without the flag that would announce it. */
  readonly appended: Buffer
}

/** AT of WebAuthn §6.1: set by Apple in assertions too, though nothing is there. */
const attestedCredentialData = 0x40

const aaguids: Readonly<Record<IosPhone['environment'], Buffer>> = {
  production: Buffer.from('appattest\0\0\0\0\0\0\0'),
  development: Buffer.from('appattestdevelop'),
}

/** What an honest phone says of an assertion. */
export function describeAssertion(phone: IosPhone, counter: number): AuthenticatorDataFields {
  return {
    rpIdHash: createHash('sha256').update(phone.appId).digest(),
    flags: attestedCredentialData,
    counter,
    appended: Number(phone.osVersion.split('.')[0]) >= 27 ? aboutTheApp(phone) : Buffer.alloc(0),
  }
}

/** What an honest phone says of a key that it attests. */
export function describeAttestation(phone: IosPhone, spki: Buffer): AuthenticatorDataFields {
  const { environment } = phone
  return {
    ...describeAssertion(phone, 0),
    credential: {
      aaguid: aaguids[environment],
      id: credentialIdOf(spki),
      publicKey: coseKey(spki),
    },
  }
}

export function writeAuthenticatorData(fields: AuthenticatorDataFields): Buffer {
  const { rpIdHash, flags, counter, credential, appended } = fields
  const head = Buffer.alloc(5)
  head.writeUInt8(flags, 0)
  head.writeUInt32BE(counter, 1)
  if (credential === undefined) return Buffer.concat([rpIdHash, head, appended])
  const idLength = Buffer.from([credential.id.length >> 8, credential.id.length & 0xff])
  const { aaguid, id, publicKey } = credential
  return Buffer.concat([rpIdHash, head, aaguid, idLength, id, publicKey, appended])
}

/** The map of iOS 27: 62 bytes behind the 164 of an attestation. The category is little endian. */
function aboutTheApp({ bundleVersion, validationCategory }: IosPhone): Buffer {
  const category = Buffer.alloc(4)
  category.writeUInt32LE(validationCategory)
  return writeCbor(
    new Map<string, string | Buffer>([
      ['apple_bundle_version_01', bundleVersion],
      ['apple_validation_category_01', category],
    ]),
  )
}

/** COSE_Key of a P-256 key that signs with ES256 (RFC 9052 §7, RFC 9053 §7.1.1). */
function coseKey(spki: Buffer): Buffer {
  const point = pointOf(spki)
  return writeCbor(
    new Map<number, number | Buffer>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, point.subarray(1, 33)],
      [-3, point.subarray(33)],
    ]),
  )
}
