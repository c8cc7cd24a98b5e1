import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import {
  type Certificate,
  type Issuer,
  issueGatewayCertificate,
  issueServerCertificate,
  toPem,
} from '@sallyport/pki'
import { modes, writeFileAtomically } from '../files/write-file.ts'

export type CertificateFiles = { readonly certificateFile: string; readonly keyFile: string }

/** Server and gateway certificates of `sallyport dev` live this long, and are made anew when a third of it is left. */
export const serviceDays = 90
/** Those that a person renews: as `sallyport init` makes them, within what Apple's platforms accept. */
export const longDays = 397
const renewWithinMs = 30 * 24 * 3_600_000

export type ServiceIssuer = {
  /** The service root, without its key. */
  readonly root: Certificate
  /** Its key: opened only when something must be signed, since that takes the passphrase and a second. */
  readonly open: () => Promise<Issuer>
}

/**
 * A server's certificate for these names: the one in the files while it is good, otherwise a new one
 * with a new key. True where a new one was made.
 */
export async function ensureServerCertificate(
  files: CertificateFiles,
  names: readonly string[],
  service: ServiceIssuer,
  now: number,
): Promise<boolean> {
  const isGood = (certificate: X509Certificate): boolean => hasNames(certificate, names)
  if (isKept(files, service.root, now, isGood)) return false
  await makeServerCertificate(files, names, await service.open(), now, serviceDays)
  return true
}

/** As `ensureServerCertificate`, for what a gateway shows its authority. */
export async function ensureGatewayCertificate(
  files: CertificateFiles,
  identity: { trustDomain: string; name: string },
  service: ServiceIssuer,
  now: number,
): Promise<boolean> {
  if (isKept(files, service.root, now, () => true)) return false
  await makeGatewayCertificate(files, identity, await service.open(), now, serviceDays)
  return true
}

/** Writes a new server certificate and its new key. `names`: DNS names and IP addresses. */
export function makeServerCertificate(
  files: CertificateFiles,
  names: readonly string[],
  issuer: Issuer,
  now: number,
  days: number,
): Promise<void> {
  return makeCertificate(files, (spki) =>
    issueServerCertificate({ issuer, spki, names: [...names], now, days }),
  )
}

/** Writes a new certificate that a gateway shows its authority, and its new key. */
export function makeGatewayCertificate(
  files: CertificateFiles,
  identity: { trustDomain: string; name: string },
  issuer: Issuer,
  now: number,
  days: number,
): Promise<void> {
  return makeCertificate(files, (spki) =>
    issueGatewayCertificate({ issuer, spki, ...identity, now, days }),
  )
}

async function makeCertificate(
  files: CertificateFiles,
  issue: (spki: Buffer) => Promise<Certificate>,
): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = await issue(publicKey.export({ format: 'der', type: 'spki' }))
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  writeFileAtomically(files.keyFile, key, modes.secret)
  writeFileAtomically(files.certificateFile, toPem('CERTIFICATE', certificate.der))
}

/** Whether the files hold a certificate and its key, of this root, for a good while yet. */
function isKept(
  files: CertificateFiles,
  root: Certificate,
  now: number,
  isGood: (certificate: X509Certificate) => boolean,
): boolean {
  if (!existsSync(files.certificateFile) || !existsSync(files.keyFile)) return false
  const certificate = readCertificate(files.certificateFile)
  return (
    certificate !== undefined &&
    certificate.validToDate.getTime() - now > renewWithinMs &&
    certificate.verify(root.publicKey) &&
    isKeyOf(files.keyFile, certificate) &&
    isGood(certificate)
  )
}

/** Undefined where the file is broken: it is made anew, as if it were not there. */
function readCertificate(file: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(file))
  } catch {
    return undefined
  }
}

function isKeyOf(file: string, certificate: X509Certificate): boolean {
  try {
    return createPublicKey(readFileSync(file)).equals(certificate.publicKey)
  } catch {
    return false
  }
}

function hasNames(certificate: X509Certificate, names: readonly string[]): boolean {
  return names.every((name) =>
    isIP(name) === 0
      ? certificate.checkHost(name) !== undefined
      : certificate.checkIP(name) !== undefined,
  )
}
