import { createHash, createPublicKey } from 'node:crypto'
import type { DevelopmentRoot } from '../development-root.ts'
import {
  type CertificateSigner,
  signatureUsage,
  writeCertificate,
  writeExtension,
  writeName,
} from '../write-certificate.ts'
import type { AndroidPhone } from './android-phone.ts'
import type { AttestationBatch } from './attestation-batch.ts'
import {
  type AuthorizationList,
  type KeyDescription,
  keyDescriptionOid,
  writeKeyDescription,
} from './key-description.ts'

/** One key that a phone is asked to attest. */
export type AttestationRequest = {
  readonly root: DevelopmentRoot
  readonly batch: AttestationBatch
  readonly phone: AndroidPhone
  readonly challenge: Uint8Array
  /** DER SubjectPublicKeyInfo of the key. */
  readonly spki: Uint8Array
  /** Milliseconds. */
  readonly at: number
}

/** KeyPurpose, Origin of KeyMint. */
export const purposes = { sign: 2, verify: 3, attestKey: 7 } as const
export const origins = { generated: 0, imported: 2 } as const

/** The name of every attested key. */
export const attestedKeyName = (): Buffer => writeName({ commonName: 'Android Keystore Key' })

/** The leaf: 1970 to 2048, serial number 1, whatever the key, as Android's keystore makes it. */
export function attestedCertificate(
  signer: CertificateSigner,
  spki: Uint8Array,
  description: KeyDescription,
): Buffer {
  return writeCertificate({
    signer,
    subject: attestedKeyName(),
    spki,
    serial: Uint8Array.of(1),
    notBefore: 0,
    notAfter: Date.UTC(2048, 0, 1),
    extensions: [signatureUsage(), descriptionExtension(description)],
  })
}

export const descriptionExtension = (description: KeyDescription): Buffer =>
  writeExtension(keyDescriptionOid, writeKeyDescription(description))

/** What an honest phone says of a key that signs. */
export function describeKey(request: AttestationRequest): KeyDescription {
  const { phone, challenge } = request
  const { attestationVersion, securityLevel } = phone
  return {
    attestationVersion,
    attestationSecurityLevel: securityLevel,
    keyMintVersion: keyMasterVersions.get(attestationVersion) ?? attestationVersion,
    keyMintSecurityLevel: securityLevel,
    attestationChallenge: challenge,
    softwareEnforced: {
      creationDateTime: request.at,
      attestationApplicationId: {
        packages: [{ name: phone.packageName, version: phone.packageVersion }],
        signerDigests: [Buffer.from(phone.signerDigest, 'hex')],
      },
    },
    hardwareEnforced: {
      purposes: [purposes.sign, purposes.verify],
      ...describeSpki(request.spki),
      digests: [sha256],
      ...(phone.userAuthentication ? { userAuthType: biometric } : { noAuthRequired: true }),
      origin: origins.generated,
      ...describeSystem(phone),
    },
  }
}

/** KeyMint counts on from 100 in both; before, attestations and Keymaster had numbers of their own. */
const keyMasterVersions = new Map([
  [1, 2],
  [2, 3],
  [3, 4],
  [4, 41],
])

const sha256 = 4
const biometric = 2
const algorithms = { rsa: 1, ec: 3 } as const
const curves = new Map([
  ['prime256v1', { ecCurve: 1, keySize: 256 }],
  ['secp384r1', { ecCurve: 2, keySize: 384 }],
])

function describeSpki(spki: Uint8Array): AuthorizationList {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const curve = curves.get(namedCurve)
  return curve === undefined
    ? { algorithm: algorithms.rsa, keySize: modulusLength, rsaPublicExponent: 65_537 }
    : { algorithm: algorithms.ec, ...curve }
}

function describeSystem(phone: AndroidPhone): AuthorizationList {
  const { attestationVersion, patchLevel, verifiedBootKey } = phone
  const [year = '', month = ''] = patchLevel.split('-')
  const day = Number(patchLevel.replaceAll('-', ''))
  const isKeymaster4 = attestationVersion >= 3
  const verifiedBootHash = createHash('sha256').update(verifiedBootKey).update(patchLevel).digest()
  return {
    rootOfTrust: {
      verifiedBootKey: Buffer.from(verifiedBootKey, 'hex'),
      deviceLocked: phone.deviceLocked,
      verifiedBootState: phone.verifiedBootState,
      ...(isKeymaster4 ? { verifiedBootHash } : {}),
    },
    // 16 is 160000: two digits each of major, minor and sub-minor version.
    osVersion: Number(phone.osVersion) * 10_000,
    osPatchLevel: Number(year + month),
    ...(isKeymaster4 ? { vendorPatchLevel: day, bootPatchLevel: day } : {}),
    ...(phone.serialNumber === undefined ? {} : { serial: phone.serialNumber }),
  }
}
