import 'reflect-metadata'
import { KeyObject, randomBytes, webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { type Certificate, parseCertificate, toPem } from '@sallyport/pki'

const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
} as const

const algorithms = {
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'ec-p521': { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
  rsa: { ...rsa, modulusLength: 2048 },
  'rsa-3072': { ...rsa, modulusLength: 3072 },
} as const

export type Keys = {
  readonly kind: keyof typeof algorithms
  readonly pair: webcrypto.CryptoKeyPair
}

export async function newKeys(kind: Keys['kind'] = 'ec'): Promise<Keys> {
  const pair = await webcrypto.subtle.generateKey(algorithms[kind], true, ['sign', 'verify'])
  return { kind, pair }
}

/** A certificate with its key, and what stands above it. */
export type Made = {
  readonly certificate: Certificate
  readonly pem: string
  readonly keys: Keys
  readonly keyPem: string
  /** As a server sends it: itself, then its intermediates. Roots are not sent. */
  readonly sent: readonly Made[]
}

export type Wanted = {
  readonly name: string
  /** Undefined: signed by itself. */
  readonly issuer?: Made
  /** Names of a server; a CA has none. */
  readonly hosts?: readonly string[]
  readonly keys?: Keys
  readonly notAfter?: Date
}

const dayMs = 86_400_000

/** Issues what a test asks for: roots, intermediates, cross-signs, leaves; a key may be used again. */
export async function issue(wanted: Wanted): Promise<Made> {
  const { name, issuer, hosts } = wanted
  const keys = wanted.keys ?? (await newKeys())
  const signer = issuer?.keys ?? keys
  const generated = await X509CertificateGenerator.create({
    serialNumber: `00${randomBytes(15).toString('hex')}`,
    subject: `CN=${name}`,
    issuer: issuer === undefined ? `CN=${name}` : subjectOf(issuer),
    notBefore: new Date(Date.now() - dayMs),
    notAfter: wanted.notAfter ?? new Date(Date.now() + 365 * dayMs),
    publicKey: keys.pair.publicKey,
    signingKey: signer.pair.privateKey,
    signingAlgorithm: algorithms[signer.kind],
    extensions:
      hosts === undefined
        ? [
            new BasicConstraintsExtension(true, undefined, true),
            new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
          ]
        : [
            new BasicConstraintsExtension(false, undefined, true),
            new SubjectAlternativeNameExtension(
              hosts.map((host) => ({ type: 'dns' as const, value: host })),
            ),
          ],
  })
  const der = Buffer.from(generated.rawData)
  const privateKey = KeyObject.from(keys.pair.privateKey)
  const made = {
    certificate: parseCertificate(der),
    pem: toPem('CERTIFICATE', der),
    keys,
    keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
  const above = issuer === undefined || isSelfSigned(issuer) ? [] : issuer.sent
  const whole: Made = { ...made, sent: [] }
  return { ...whole, sent: [whole, ...above] }
}

function isSelfSigned({ certificate: { issuer, subject } }: Made): boolean {
  return issuer.equals(subject)
}

function subjectOf({ certificate }: Made): string {
  const name = certificate.subject
  // The one attribute of our names: its text is at the end.
  return `CN=${name.subarray(name.indexOf(Buffer.from('0603550403', 'hex')) + 7).toString('latin1')}`
}
