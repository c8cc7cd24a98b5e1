import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificate, certificatesFromPem, parseCertificate, toPem } from '@sallyport/pki'
import { replaceFile } from '@sallyport/pki'
import {
  authorityExtensions,
  type CertificateSigner,
  spkiOf,
  writeCertificate,
  writeName,
} from './write-certificate.ts'

/**
 * What stands in for Google and Apple: a root that all evidence of virtual phones ends at, in whatever
 * format. A verifier believes it only where it was told to, as a development root.
 */
export type DevelopmentRoot = CertificateSigner & {
  readonly certificate: Certificate
  /** What goes into `attestation.insecureDevelopmentRoots`. */
  readonly pem: string
}

const yearMs = 365 * 86_400_000

/** A root in memory, valid for ten years: for tests. Another root under the same name is no root. */
export function makeDevelopmentRoot(options: { now?: number } = {}): DevelopmentRoot {
  const { now = Date.now() } = options
  const key = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const name = writeName({
    commonName: 'Development attestation root',
    organisation: 'Sallyport virtual phones',
  })
  const certificate = writeCertificate({
    signer: { name, key },
    subject: name,
    spki: spkiOf(key),
    // Virtual phones may have been made some years ago.
    notBefore: now - 10 * yearMs,
    notAfter: now + 10 * yearMs,
    extensions: authorityExtensions(),
  })
  return rootOf(parseCertificate(certificate), key)
}

/** The files of a root that is kept. */
export function developmentRootFiles(directory: string) {
  return {
    certificateFile: join(directory, 'attestation-root.crt'),
    keyFile: join(directory, 'attestation-root.key'),
  } as const
}

/**
 * The root in a directory, made where there is none: the certificate in PEM, the key as PKCS#8 in PEM,
 * not encrypted, both of mode 0600. It lets whoever reads it make phones that a development deployment
 * believes, and nothing else.
 */
export async function keepDevelopmentRoot(
  directory: string,
  options: { now?: number } = {},
): Promise<DevelopmentRoot> {
  const { certificateFile, keyFile } = developmentRootFiles(directory)
  // The certificate is written last: its being there means that the key is.
  if (!existsSync(certificateFile)) {
    const root = makeDevelopmentRoot(options)
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const pem = root.key.export({ format: 'pem', type: 'pkcs8' }).toString()
    await replaceFile(keyFile, pem)
    await replaceFile(certificateFile, root.pem)
  }
  return openDevelopmentRoot(directory)
}

/** The root in a directory. Throws where there is none. */
export function openDevelopmentRoot(directory: string): DevelopmentRoot {
  const { certificateFile, keyFile } = developmentRootFiles(directory)
  const [certificate] = certificatesFromPem(readFileSync(certificateFile, 'utf8'))
  if (certificate === undefined) throw new TypeError('A PEM text without certificate is refused')
  return rootOf(certificate, createPrivateKey(readFileSync(keyFile, 'utf8')))
}

function rootOf(certificate: Certificate, key: KeyObject): DevelopmentRoot {
  const pem = toPem('CERTIFICATE', certificate.der)
  return { certificate, name: certificate.subject, key, pem }
}
