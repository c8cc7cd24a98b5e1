import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import {
  derContext,
  derElement,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  tags,
} from '@sallyport/pki'
import type { DevelopmentRoot } from '../development-root.ts'
import {
  authorityExtensions,
  signatureUsage,
  spkiOf,
  writeCertificate,
  writeName,
} from '../write-certificate.ts'

export type ReceiptOptions = {
  readonly root: DevelopmentRoot
  readonly appId: string
  readonly environment: 'production' | 'development'
  /** DER certificate that says which key was attested. */
  readonly attestedCertificate: Uint8Array
  readonly clientDataHash: Uint8Array
  /** Milliseconds. */
  readonly at: number
  /** `ATTEST` comes with the attestation; a `RECEIPT` is what a refresh gives, and has a metric. */
  readonly type?: 'ATTEST' | 'RECEIPT'
  readonly riskMetric?: number
}

const dayMs = 86_400_000

/** `sandbox` is what Apple's receipts call development. */
const environments = { production: 'production', development: 'sandbox' } as const

/**
 * A receipt of App Attest: CMS SignedData (RFC 5652 §5) without signed attributes around a SET of
 * fields `{type, version, value}`, as Apple's own; DER, while Apple's is BER.
 */
export function makeReceipt(options: ReceiptOptions): Buffer {
  const { root, at, type = 'ATTEST', riskMetric } = options
  const moment = (milliseconds: number) => new Date(milliseconds).toISOString()
  const content = derSetOf(
    field(2, options.appId),
    field(3, options.attestedCertificate),
    field(4, options.clientDataHash),
    field(5, randomBytes(64).toString('base64')),
    field(6, type),
    field(7, environments[options.environment]),
    field(12, moment(at)),
    ...(riskMetric === undefined ? [] : [field(17, String(riskMetric))]),
    ...(type === 'ATTEST' ? [] : [field(19, moment(at + dayMs))]),
    field(21, moment(at + 90 * dayMs)),
  )
  return signedData(content, root, at)
}

const field = (type: number, value: string | Uint8Array): Buffer =>
  derSequence(
    derInteger(type),
    derInteger(1),
    derOctetString(typeof value === 'string' ? Buffer.from(value, 'utf8') : value),
  )

const sha256 = () => derSequence(derOid('2.16.840.1.101.3.4.2.1'), derNull())
const dataOid = '1.2.840.113549.1.7.1'
const signedDataOid = '1.2.840.113549.1.7.2'
/** Marks the one certificate that signs receipts, as Apple's has it. */
const receiptSigningOid = '1.2.840.113635.100.12.15'

function signedData(content: Buffer, root: DevelopmentRoot, at: number): Buffer {
  const dates = { notBefore: at - 365 * dayMs, notAfter: at + 365 * dayMs }
  const authority = newKey()
  const authorityName = writeName({ commonName: 'Development receipt CA' })
  const authorityCertificate = writeCertificate({
    signer: root,
    subject: authorityName,
    spki: spkiOf(authority),
    extensions: authorityExtensions(),
    ...dates,
  })
  const key = newKey()
  const serial = randomBytes(16)
  const certificate = writeCertificate({
    signer: { name: authorityName, key: authority },
    subject: writeName({ commonName: 'Development receipt signing' }),
    spki: spkiOf(key),
    serial,
    extensions: [
      signatureUsage(),
      derSequence(derOid(receiptSigningOid), derOctetString(derNull())),
    ],
    ...dates,
  })
  const signerInfo = derSequence(
    derInteger(1),
    derSequence(authorityName, derInteger(serial)),
    sha256(),
    derSequence(derOid('1.2.840.10045.4.3.2')),
    derOctetString(sign('sha256', content, key)),
  )
  return derSequence(
    derOid(signedDataOid),
    derContext(
      0,
      derSequence(
        derInteger(1),
        derElement(tags.set, sha256()),
        derSequence(derOid(dataOid), derContext(0, derOctetString(content))),
        derContext(0, certificate, authorityCertificate, root.certificate.der),
        derElement(tags.set, signerInfo),
      ),
    ),
  )
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
