import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import {
  authorityExtensions,
  type CertificateSigner,
  spkiOf,
  writeCertificate,
  writeExtension,
  writeName,
} from '../write-certificate.ts'
import type { DevelopmentRoot } from '../development-root.ts'
import type { SecurityLevel } from './key-description.ts'

/** The key of a phone, or of a batch of phones, that attests others, and the chain above what it signs. */
export type AttestationBatch = CertificateSigner & {
  /** DER, the certificate of this key first, the root last. */
  readonly chain: readonly Buffer[]
  /** When a remotely provisioned chain is over; milliseconds. */
  readonly notAfter: number
}

export type AttestationBatchOptions = {
  readonly root: DevelopmentRoot
  readonly provisioning: 'remote' | 'factory'
  readonly securityLevel: SecurityLevel
  /** When the phone asks for it; of a factory, some years before. */
  readonly at: number
}

const dayMs = 86_400_000

/** ProvisioningInfo, CBOR `{1: 16}`: how many certificates were issued to this phone lately. */
const provisioningInfo = () =>
  writeExtension('1.3.6.1.4.1.11129.2.1.30', Buffer.from([0xa1, 0x01, 0x10]))

const shapes = { remote: remoteBatch, factory: factoryBatch }

export function makeAttestationBatch(options: AttestationBatchOptions): AttestationBatch {
  return shapes[options.provisioning](options)
}

/** As Google's servers provision since Android 12: root, Droid CA2, Droid CA3, and weeks for the phone. */
function remoteBatch({ root, securityLevel, at }: AttestationBatchOptions): AttestationBatch {
  const google = (commonName: string) => writeName({ organisation: 'Google LLC', commonName })
  const serial = randomBytes(16)
  const place = securityLevel === 'strongbox' ? 'StrongBox' : 'TEE'
  const links = [
    { subject: google('Droid CA2'), from: at - 365 * dayMs, to: at + 730 * dayMs },
    { subject: google('Droid CA3'), from: at - 10 * dayMs, to: at + 60 * dayMs },
    {
      subject: writeName({ organisation: place, commonName: serial.toString('hex') }),
      from: at - dayMs,
      to: at + 13 * dayMs,
      serial,
      extensions: [provisioningInfo()],
    },
  ]
  return { ...chainBelow(root, links), notAfter: at + 13 * dayMs }
}

/** As phones come from the factory: root, intermediate, batch, whose dates are over before the phone is. */
function factoryBatch({ root, securityLevel, at }: AttestationBatchOptions): AttestationBatch {
  const title = securityLevel === 'strongbox' ? 'StrongBox' : 'TEE'
  const name = () => writeName({ serialNumber: randomBytes(8).toString('hex'), title })
  const dates = { from: at - 5 * 365 * dayMs, to: at - 30 * dayMs }
  const batch = chainBelow(root, [
    { subject: name(), ...dates },
    { subject: name(), ...dates },
  ])
  return { ...batch, notAfter: Number.POSITIVE_INFINITY }
}

type Link = {
  readonly subject: Buffer
  readonly from: number
  readonly to: number
  readonly serial?: Buffer
  readonly extensions?: readonly Buffer[]
}

function chainBelow(root: DevelopmentRoot, links: readonly Link[]) {
  let signer: CertificateSigner = root
  const chain: Buffer[] = [root.certificate.der]
  for (const { subject, from, to, serial, extensions = [] } of links) {
    const key: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const certificate = writeCertificate({
      signer,
      subject,
      spki: spkiOf(key),
      notBefore: from,
      notAfter: to,
      extensions: [...authorityExtensions(), ...extensions],
      ...(serial === undefined ? {} : { serial }),
    })
    chain.unshift(certificate)
    signer = { name: subject, key }
  }
  return { ...signer, chain }
}
