import { digestPattern, patchLevelPattern } from '@sallyport/attestation'
import Type from 'typebox'

/** What Play Integrity verdicts must say, beside an Android Key Attestation. */
export type PlayIntegrityConfig = {
  /** `shadow`: what would refuse is recorded, whatever the mode of the enrolment. */
  mode: 'enforce' | 'shadow'
  /** Files with the keys as the Play Console shows them, base64. */
  decryptionKeyFile: string
  verificationKeyFile: string
  appRecognition: string[]
  deviceRecognition: string[]
  appLicensing?: string[]
  minimumVersionCode?: number
  maxAgeSeconds: number
}

/** An app's Android builds, and what is asked of the phones that they run on. */
export type AndroidAppConfig = {
  packages: string[]
  /** SHA-256 of signing certificates: hex of either case, with or without colons. */
  signerDigests: string[]
  requireLockedBootloader: boolean
  requireVerifiedBoot: boolean
  verifiedBootKeys: string[]
  allowAttestKey: boolean
  minimumAttestationVersion?: number
  minimumOsVersion?: number
  minimumOsPatchLevel?: string
  minimumVendorPatchLevel?: string
  minimumBootPatchLevel?: string
  maximumPatchAgeDays?: number
  userAuthentication?: 'required' | 'none'
  remoteProvisioningFrom?: number
  playIntegrity?: PlayIntegrityConfig
}

const closed = { additionalProperties: false }
const Digest = Type.String({
  pattern: digestPattern,
  description: 'SHA-256 in hex, 64 digits: no SHA-1, which has 40, and no base64',
})
const Verdict = Type.String({ pattern: '^[A-Z][A-Z_]{0,63}$' })

function boolean(fallback: boolean, description: string) {
  return Type.Optional(Type.Boolean({ default: fallback, description }))
}

function version(description: string) {
  return Type.Optional(Type.Integer({ minimum: 1, maximum: 999_999, description }))
}

function patchLevel(of: string) {
  return Type.Optional(
    Type.String({
      pattern: patchLevelPattern,
      description: `The oldest patch level of the ${of} that enrols, as 2026-05 or 2026-05-05`,
    }),
  )
}

const PlayIntegritySchema = Type.Object(
  {
    mode: Type.Optional(
      Type.Enum(['enforce', 'shadow'], {
        default: 'enforce',
        description: 'shadow records what the verdicts would have refused, and refuses nothing',
      }),
    ),
    decryptionKeyFile: Type.String({
      minLength: 1,
      maxLength: 4_096,
      description:
        'The decryption key of the Play Console, base64. Keep it as secret as a password',
    }),
    verificationKeyFile: Type.String({
      minLength: 1,
      maxLength: 4_096,
      description: 'The verification key of the Play Console, base64',
    }),
    appRecognition: Type.Optional(
      Type.Array(Verdict, {
        minItems: 1,
        uniqueItems: true,
        default: ['PLAY_RECOGNIZED'],
        description: 'What Play may say of the app: one of these',
      }),
    ),
    deviceRecognition: Type.Optional(
      Type.Array(Verdict, {
        uniqueItems: true,
        default: ['MEETS_DEVICE_INTEGRITY'],
        description: 'What Play must say of the phone: all of these',
      }),
    ),
    appLicensing: Type.Optional(
      Type.Array(Verdict, {
        minItems: 1,
        uniqueItems: true,
        description: 'What Play may say of the licence, as LICENSED: one of these',
      }),
    ),
    minimumVersionCode: version('The oldest version code of the app that enrols'),
    maxAgeSeconds: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 86_400,
        default: 600,
        description: 'How old a verdict may be',
      }),
    ),
  },
  {
    ...closed,
    description:
      'Play Integrity beside Android Key Attestation: list play-integrity under enrollment.signals',
  },
)

export const AndroidAppSchema = Type.Object(
  {
    packages: Type.Array(
      Type.String({
        pattern: '^[A-Za-z][A-Za-z0-9_]*(?:\\.[A-Za-z][A-Za-z0-9_]*)+$',
        maxLength: 255,
        description: 'The applicationId of a build, as com.example.app',
      }),
      { minItems: 1, uniqueItems: true, description: 'Package names of the app' },
    ),
    signerDigests: Type.Array(Digest, {
      minItems: 1,
      uniqueItems: true,
      description:
        'SHA-256 of the certificates that phones see the app signed with, hex, colons allowed: under Play App Signing that is the app signing key, not the upload key',
    }),
    requireLockedBootloader: boolean(true, 'Refuses phones with an unlocked bootloader'),
    requireVerifiedBoot: boolean(true, "Refuses phones that did not boot their maker's system"),
    verifiedBootKeys: Type.Optional(
      Type.Array(Digest, {
        uniqueItems: true,
        default: [],
        description:
          'SHA-256 of the boot keys of other systems that pass as verified too, as GrapheneOS publishes its own',
      }),
    ),
    allowAttestKey: boolean(
      false,
      'Takes keys that an attestation key of the phone itself attested',
    ),
    minimumAttestationVersion: version('1 to 4 for Keymaster, 100 and more for KeyMint'),
    minimumOsVersion: Type.Optional(
      Type.Integer({
        // Below it are numbers as people say them, such as 13: every phone would pass.
        minimum: 10_000,
        maximum: 999_999,
        description: 'As KeyMint has it: 130000 is Android 13',
      }),
    ),
    minimumOsPatchLevel: patchLevel('system'),
    minimumVendorPatchLevel: patchLevel('vendor image'),
    minimumBootPatchLevel: patchLevel('boot image'),
    maximumPatchAgeDays: Type.Optional(
      Type.Number({
        minimum: 31,
        maximum: 3_980,
        description:
          'How old each patch level may be. Many honest phones get no patch for 180 days',
      }),
    ),
    userAuthentication: Type.Optional(
      Type.Enum(['required', 'none'], {
        description: 'required: each use of the key asks for the user',
      }),
    ),
    remoteProvisioningFrom: version(
      'Phones whose KeyMint has this version or a later one must have remotely provisioned keys',
    ),
    playIntegrity: Type.Optional(PlayIntegritySchema),
  },
  { ...closed, description: 'The Android builds of the app, and what is asked of their phones' },
)
