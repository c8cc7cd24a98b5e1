import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { makeDevelopmentRoot } from '../development-root.ts'
import { authorityExtensions, spkiOf, writeCertificate, writeName } from '../write-certificate.ts'
import type { AndroidPhone } from './android-phone.ts'
import { makeAttestationBatch } from './attestation-batch.ts'
import {
  attestedCertificate,
  attestedKeyName,
  type AttestationRequest,
  describeKey,
  descriptionExtension,
  origins,
  purposes,
} from './attested-certificate.ts'
import type { KeyDescription } from './key-description.ts'

/** What a hostile phone does otherwise than an honest one, step by step. */
export type AndroidHostilitySteps = {
  /** It is another phone, or has another app. */
  readonly phone?: Partial<AndroidPhone>
  /** It asks for something else than it was told to. */
  readonly request?: (request: AttestationRequest) => AttestationRequest
  /** Other words about the key. */
  readonly description?: (honest: KeyDescription) => KeyDescription
  /** Another chain, leaf first, root last. */
  readonly chain?: (honest: readonly Buffer[], request: AttestationRequest) => readonly Buffer[]
}

/** Every way in which a virtual Android phone is hostile. */
export const androidHostilities = {
  'unlocked-bootloader': { phone: { deviceLocked: false, verifiedBootState: 'unverified' } },
  'self-signed-boot': {
    phone: { verifiedBootState: 'self-signed', verifiedBootKey: 'c0'.repeat(32) },
  },
  'old-patch-level': { phone: { patchLevel: '2022-01-05' } },
  /** The key is made by the software that Android falls back to, and the attestation says so. */
  'software-key': {
    description: (honest) => ({
      ...honest,
      attestationSecurityLevel: 'software',
      keyMintSecurityLevel: 'software',
      softwareEnforced: { ...honest.softwareEnforced, ...honest.hardwareEnforced },
      hardwareEnforced: {},
    }),
  },
  /** A software key whose attestation, not its key, claims to be of the TEE. */
  'software-key-as-tee': {
    description: (honest) => ({
      ...honest,
      attestationSecurityLevel: 'tee',
      keyMintSecurityLevel: 'software',
    }),
  },
  'imported-key': { description: withHardware({ origin: origins.imported }) },
  'attest-key-purpose': { description: withHardware({ purposes: [purposes.attestKey] }) },
  /** The key was made in hardware, and its properties are said by software alone. */
  'properties-in-software': {
    description: (honest) => ({
      ...honest,
      softwareEnforced: { ...honest.softwareEnforced, ...honest.hardwareEnforced },
      hardwareEnforced: {},
    }),
  },
  'other-package': { phone: { packageName: 'com.example.other' } },
  'other-signer': { phone: { signerDigest: 'ab'.repeat(32) } },
  'other-challenge': { request: (request) => ({ ...request, challenge: randomBytes(32) }) },
  /** Genuine evidence of a key that is not the one to be certified. */
  'other-key': { request: (request) => ({ ...request, spki: spkiOf(newKey()) }) },
  /** A phone that was not given new certificates for months. */
  'expired-batch': {
    request: (request) => ({
      ...request,
      batch: makeAttestationBatch({
        ...request,
        ...request.phone,
        provisioning: 'remote',
        at: request.at - 60 * 86_400_000,
      }),
    }),
  },
  /** A root of its own under the name of the true one. */
  'own-root': {
    request: (request) => {
      const root = makeDevelopmentRoot({ now: request.at })
      const batch = makeAttestationBatch({ ...request.phone, root, at: request.at })
      return { ...request, root, batch }
    },
  },
  /** A key that an ATTEST_KEY of this phone attests: honest, and KeyDescription is there twice. */
  'attest-key-chain': { chain: (_, request) => extended(request, [purposes.attestKey]) },
  /** A key in hardware that may sign is used to sign a certificate of a key in software. */
  'extended-chain': { chain: (_, request) => extended(request, [purposes.sign, purposes.verify]) },
  'description-in-intermediate': { chain: describedIntermediate },
  'broken-signature': {
    chain: ([leaf = Buffer.alloc(0), ...above]) => {
      const broken = Buffer.from(leaf)
      broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1)
      return [broken, ...above]
    },
  },
} as const satisfies Record<string, AndroidHostilitySteps>

export type AndroidHostility = keyof typeof androidHostilities

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

function withHardware(changes: Partial<KeyDescription['hardwareEnforced']>) {
  return (honest: KeyDescription): KeyDescription => ({
    ...honest,
    hardwareEnforced: { ...honest.hardwareEnforced, ...changes },
  })
}

/** The key is attested by another key of the phone, which the batch attests. */
function extended(request: AttestationRequest, keyPurposes: readonly number[]): readonly Buffer[] {
  const { batch } = request
  const key = newKey()
  const own = withHardware({ purposes: keyPurposes })(
    describeKey({ ...request, spki: spkiOf(key), challenge: randomBytes(32) }),
  )
  const signer = { name: attestedKeyName(), key }
  return [
    attestedCertificate(signer, request.spki, describeKey(request)),
    attestedCertificate(batch, spkiOf(key), own),
    ...batch.chain,
  ]
}

/** A CA above the key that attests claims to be an attested key too. */
function describedIntermediate(
  _: readonly Buffer[],
  request: AttestationRequest,
): readonly Buffer[] {
  const { batch, at } = request
  const [upper, lower] = [newKey(), newKey()]
  const [upperName, lowerName] = [batchName(), batchName()]
  const dates = { notBefore: at - 86_400_000, notAfter: at + 86_400_000 }
  const description = describeKey({ ...request, spki: spkiOf(upper) })
  return [
    attestedCertificate({ name: lowerName, key: lower }, request.spki, describeKey(request)),
    writeCertificate({
      signer: { name: upperName, key: upper },
      subject: lowerName,
      spki: spkiOf(lower),
      ...dates,
      extensions: authorityExtensions(),
    }),
    writeCertificate({
      signer: batch,
      subject: upperName,
      spki: spkiOf(upper),
      ...dates,
      extensions: [...authorityExtensions(), descriptionExtension(description)],
    }),
    ...batch.chain,
  ]
}

const batchName = () =>
  writeName({ organisation: 'TEE', commonName: randomBytes(16).toString('hex') })
