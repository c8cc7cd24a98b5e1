import { generateKeyPairSync } from 'node:crypto'
import {
  type CertificateSigner,
  defaultAndroidPhone,
  type KeyDescription,
  keyDescriptionOid,
  makeAttestationBatch,
  makeDevelopmentRoot,
  writeCertificate,
  writeExtension,
  writeKeyDescription,
  writeName,
} from '@sallyport/virtual-device'
import {
  type AndroidKeyOptions,
  type AndroidKeyPolicy,
  appraiseAndroidKey,
  type AttestationResult,
  trustAnchor,
} from '../../src/index.ts'

/** Fixed, so that every run is the same. */
export const at = Date.parse('2026-11-22T12:00:00Z')
export const root = makeDevelopmentRoot({ now: at })
export const anchor = trustAnchor(root.certificate, { development: true })
export const challenge = Buffer.alloc(32, 0xc4)

const phone = { root, securityLevel: 'tee', at } as const
/** The keys that attest those of two kinds of phones, and the chains above what they sign. */
export const batches = {
  remote: makeAttestationBatch({ ...phone, provisioning: 'remote' }),
  factory: makeAttestationBatch({ ...phone, provisioning: 'factory' }),
} as const

export function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { key: privateKey, spki: publicKey.export({ format: 'der', type: 'spki' }) }
}

/** The key that is to be certified. */
export const { key, spki } = newKey()

const { packageName, signerDigest, verifiedBootKey } = defaultAndroidPhone

/** What an honest phone says of an honest key. */
export const honest: KeyDescription = {
  attestationVersion: 400,
  attestationSecurityLevel: 'tee',
  keyMintVersion: 400,
  keyMintSecurityLevel: 'tee',
  attestationChallenge: challenge,
  softwareEnforced: {
    creationDateTime: at,
    attestationApplicationId: {
      packages: [{ name: packageName, version: 7 }],
      signerDigests: [Buffer.from(signerDigest, 'hex')],
    },
  },
  hardwareEnforced: {
    purposes: [2, 3],
    algorithm: 3,
    keySize: 256,
    digests: [4],
    ecCurve: 1,
    noAuthRequired: true,
    origin: 0,
    rootOfTrust: {
      verifiedBootKey: Buffer.from(verifiedBootKey, 'hex'),
      deviceLocked: true,
      verifiedBootState: 'verified',
      verifiedBootHash: Buffer.alloc(32, 0xb0),
    },
    osVersion: 160_000,
    osPatchLevel: 202_610,
    model: 'Virtual phone',
    vendorPatchLevel: 20_261_005,
    bootPatchLevel: 20_261_005,
  },
}

export const withHardware = (
  changes: Partial<KeyDescription['hardwareEnforced']>,
): KeyDescription => ({
  ...honest,
  hardwareEnforced: { ...honest.hardwareEnforced, ...changes },
})

export const androidName = writeName({ commonName: 'Android Keystore Key' })

type Certified = {
  readonly signer?: CertificateSigner
  readonly subject?: Buffer
  readonly spki?: Buffer
  readonly notBefore?: number
  readonly notAfter?: number
  /** DER of the extension's value, or what is to be written; null: none. */
  readonly description?: KeyDescription | Buffer | null
}

/** A certificate as phones make them, or with whatever is changed. */
export function certify({
  signer = batches.remote,
  subject = androidName,
  notBefore = 0,
  notAfter = Date.UTC(2048, 0, 1),
  description = honest,
  ...others
}: Certified = {}): Buffer {
  const value =
    description === null || Buffer.isBuffer(description)
      ? description
      : writeKeyDescription(description)
  return writeCertificate({
    signer,
    subject,
    spki: others.spki ?? spki,
    notBefore,
    notAfter,
    extensions: value === null ? [] : [writeExtension(keyDescriptionOid, value)],
  })
}

/** The chain of an honest phone, or of one whose leaf is changed. */
export const chainOf = (certified: Certified = {}): Buffer[] => [
  certify(certified),
  ...batches.remote.chain,
]

/** A chain through a key of the phone that attests the leaf. */
export function attestedChain(
  attester: KeyDescription | Buffer,
  leaf: Certified = {},
  provisioning: keyof typeof batches = 'remote',
): Buffer[] {
  const middle = newKey()
  const signer = batches[provisioning]
  return [
    certify({ signer: { name: androidName, key: middle.key }, ...leaf }),
    certify({ signer, spki: middle.spki, description: attester }),
    ...signer.chain,
  ]
}

/** A key that may do nothing but attest, of the phone of `honest`. */
export const attestKey = withHardware({ purposes: [7] })

/** All that a policy can ask of a phone, and that `honest` has. */
export const strict: AndroidKeyPolicy = {
  packages: [packageName],
  signerDigests: [signerDigest],
  requireLockedBootloader: true,
  requireVerifiedBoot: true,
  keyKinds: ['ec-p256'],
  minimumAttestationVersion: 400,
  minimumOsVersion: 160_000,
  minimumOsPatchLevel: '2026-10',
  minimumVendorPatchLevel: '2026-10-05',
  minimumBootPatchLevel: '2026-10-05',
  userAuthentication: 'none',
  remoteProvisioningFrom: 300,
}

export const appraise = (
  chain: readonly Uint8Array[],
  options: Partial<AndroidKeyOptions> = {},
): AttestationResult =>
  appraiseAndroidKey({
    chain,
    challenge,
    spki,
    at,
    trust: { anchors: [anchor], statusList: undefined },
    policy: strict,
    minimumAssurance: 'tee',
    ...options,
  })
