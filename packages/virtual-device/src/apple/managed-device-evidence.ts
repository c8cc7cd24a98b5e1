import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { type Evidence, toBase64url } from '@sallyport/wire'
import { type DevelopmentRoot, makeDevelopmentRoot } from '../development-root.ts'
import {
  authorityExtensions,
  signatureUsage,
  spkiOf,
  writeCertificate,
  writeExtension,
  writeName,
} from '../write-certificate.ts'
import { defaultIosPhone, type IosPhone } from './ios-phone.ts'

export type ManagedDeviceOptions = {
  readonly root: DevelopmentRoot
  /** Of which the certificate has the SHA-256. */
  readonly challenge: Uint8Array
  /** DER SubjectPublicKeyInfo of the key that is attested. */
  readonly spki: Uint8Array
  /** Milliseconds; default now. */
  readonly at?: number
  readonly phone?: Partial<IosPhone>
  readonly hostility?: ManagedDeviceHostility
}

type Steps = {
  readonly request?: (request: ManagedDeviceRequest) => ManagedDeviceRequest
}
type ManagedDeviceRequest = Required<Omit<ManagedDeviceOptions, 'phone' | 'hostility'>>

/** Every way in which a managed virtual device is hostile. */
export const managedDeviceHostilities = {
  'other-challenge': { request: (request) => ({ ...request, challenge: randomBytes(32) }) },
  'other-key': { request: (request) => ({ ...request, spki: spkiOf(newKey()) }) },
  'own-root': {
    request: (request) => ({ ...request, root: makeDevelopmentRoot({ now: request.at }) }),
  },
} as const satisfies Record<string, Steps>

export type ManagedDeviceHostility = keyof typeof managedDeviceHostilities

const base = '1.2.840.113635.100.8'
const dayMs = 86_400_000

/**
 * A Managed Device Attestation: DER, leaf first, without its root as Apple sends it. Values of extensions
 * are the bytes themselves where Apple leaves DER out, which is everywhere but in the INTEGERs.
 */
export function managedDeviceChain(options: ManagedDeviceOptions): Buffer[] {
  const steps: Steps =
    options.hostility === undefined ? {} : managedDeviceHostilities[options.hostility]
  const asked = { at: Date.now(), ...options }
  const { root, at, challenge, spki } = steps.request?.(asked) ?? asked
  const phone = { ...defaultIosPhone, ...options.phone }
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const authorityName = writeName({ commonName: 'Development Enterprise Attestation Sub CA 1' })
  const intermediate = writeCertificate({
    signer: root,
    subject: authorityName,
    spki: spkiOf(authority),
    notBefore: at - 365 * dayMs,
    notAfter: at + 4 * 365 * dayMs,
    extensions: authorityExtensions(),
  })
  const freshness = createHash('sha256').update(challenge).digest()
  const leaf = writeCertificate({
    signer: { name: authorityName, key: authority },
    subject: writeName({ commonName: randomBytes(32).toString('hex') }),
    spki,
    notBefore: at - dayMs,
    notAfter: at + 364 * dayMs,
    extensions: [
      signatureUsage(),
      writeExtension(`${base}.9.1`, Buffer.from(phone.serialNumber)),
      writeExtension(`${base}.9.2`, Buffer.from(phone.udid)),
      writeExtension(`${base}.9.4`, Buffer.from(phone.model)),
      writeExtension(`${base}.10.1`, Buffer.from(phone.osVersion)),
      writeExtension(`${base}.10.2`, Buffer.from(phone.osVersion)),
      writeExtension(`${base}.10.3`, Buffer.from(phone.osVersion)),
      writeExtension(`${base}.11.1`, freshness),
    ],
  })
  return [leaf, intermediate]
}

/** The same as the device API carries it. */
export function managedDeviceEvidence(options: ManagedDeviceOptions): Evidence {
  return { format: 'apple-mda', chain: managedDeviceChain(options).map(toBase64url) }
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
