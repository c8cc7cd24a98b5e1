import {
  derContext,
  derInteger,
  derBoolean,
  derNull,
  derOctetString,
  derSequence,
  derSetOf,
} from '@sallyport/pki'
import { derEnumerated } from '../write-certificate.ts'

/** The extension of the leaf that says what the key is. */
export const keyDescriptionOid = '1.3.6.1.4.1.11129.2.1.17'

export const securityLevels = ['software', 'tee', 'strongbox'] as const
export type SecurityLevel = (typeof securityLevels)[number]

export const verifiedBootStates = ['verified', 'self-signed', 'unverified', 'failed'] as const
export type VerifiedBootState = (typeof verifiedBootStates)[number]

export type RootOfTrust = {
  readonly verifiedBootKey: Uint8Array
  readonly deviceLocked: boolean
  readonly verifiedBootState: VerifiedBootState
  /** Since Keymaster 4. */
  readonly verifiedBootHash?: Uint8Array
}

export type AttestationApplicationId = {
  readonly packages: readonly { readonly name: string; readonly version: number }[]
  /** SHA-256 of the signing certificates. */
  readonly signerDigests: readonly Uint8Array[]
}

/** What an AuthorizationList may hold here. Numbers are those of KeyMint; a member left out is not written. */
export type AuthorizationList = {
  readonly purposes?: readonly number[]
  readonly algorithm?: number
  readonly keySize?: number
  readonly digests?: readonly number[]
  readonly ecCurve?: number
  readonly rsaPublicExponent?: number
  readonly noAuthRequired?: true
  readonly userAuthType?: number
  readonly authTimeout?: number
  /** Milliseconds. */
  readonly creationDateTime?: number
  readonly origin?: number
  readonly rootOfTrust?: RootOfTrust
  readonly osVersion?: number
  readonly osPatchLevel?: number
  readonly attestationApplicationId?: AttestationApplicationId
  readonly brand?: string
  readonly device?: string
  readonly product?: string
  readonly serial?: string
  readonly manufacturer?: string
  readonly model?: string
  readonly vendorPatchLevel?: number
  readonly bootPatchLevel?: number
}

export type KeyDescription = {
  readonly attestationVersion: number
  readonly attestationSecurityLevel: SecurityLevel
  readonly keyMintVersion: number
  readonly keyMintSecurityLevel: SecurityLevel
  readonly attestationChallenge: Uint8Array
  readonly softwareEnforced: AuthorizationList
  readonly hardwareEnforced: AuthorizationList
}

/**
 * KeyDescription, DER, as KeyMint writes it (source.android.com, "Key and ID attestation"). Nothing is
 * checked: a hostile phone writes what it likes.
 */
export function writeKeyDescription(description: KeyDescription): Buffer {
  return derSequence(
    derInteger(description.attestationVersion),
    derEnumerated(securityLevels.indexOf(description.attestationSecurityLevel)),
    derInteger(description.keyMintVersion),
    derEnumerated(securityLevels.indexOf(description.keyMintSecurityLevel)),
    derOctetString(description.attestationChallenge),
    derOctetString(Buffer.alloc(0)),
    writeAuthorizationList(description.softwareEnforced),
    writeAuthorizationList(description.hardwareEnforced),
  )
}

function row<Name extends keyof AuthorizationList>(
  name: Name,
  tag: number,
  write: (value: NonNullable<AuthorizationList[Name]>) => Buffer,
) {
  return (list: AuthorizationList): Buffer[] => {
    const value = list[name]
    return value === undefined ? [] : [derContext(tag, write(value))]
  }
}

const integers = (values: readonly number[]) =>
  derSetOf(...values.map((value) => derInteger(value)))
const text = (value: string) => derOctetString(Buffer.from(value, 'utf8'))

/** In the order of their tags, as KeyMint writes them. */
const rows = [
  row('purposes', 1, integers),
  row('algorithm', 2, derInteger),
  row('keySize', 3, derInteger),
  row('digests', 5, integers),
  row('ecCurve', 10, derInteger),
  row('rsaPublicExponent', 200, derInteger),
  row('noAuthRequired', 503, derNull),
  row('userAuthType', 504, derInteger),
  row('authTimeout', 505, derInteger),
  row('creationDateTime', 701, derInteger),
  row('origin', 702, derInteger),
  row('rootOfTrust', 704, writeRootOfTrust),
  row('osVersion', 705, derInteger),
  row('osPatchLevel', 706, derInteger),
  row('attestationApplicationId', 709, (id) => derOctetString(writeApplicationId(id))),
  row('brand', 710, text),
  row('device', 711, text),
  row('product', 712, text),
  row('serial', 713, text),
  row('manufacturer', 716, text),
  row('model', 717, text),
  row('vendorPatchLevel', 718, derInteger),
  row('bootPatchLevel', 719, derInteger),
]

function writeAuthorizationList(list: AuthorizationList): Buffer {
  return derSequence(...rows.flatMap((write) => write(list)))
}

function writeRootOfTrust(root: RootOfTrust): Buffer {
  return derSequence(
    derOctetString(root.verifiedBootKey),
    derBoolean(root.deviceLocked),
    derEnumerated(verifiedBootStates.indexOf(root.verifiedBootState)),
    ...(root.verifiedBootHash === undefined ? [] : [derOctetString(root.verifiedBootHash)]),
  )
}

function writeApplicationId({ packages, signerDigests }: AttestationApplicationId): Buffer {
  return derSequence(
    derSetOf(...packages.map(({ name, version }) => derSequence(text(name), derInteger(version)))),
    derSetOf(...signerDigests.map((digest) => derOctetString(digest))),
  )
}
