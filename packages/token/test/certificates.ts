import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  cryptoProvider,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

cryptoProvider.set(webcrypto)

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dates = {
  notBefore: new Date(Date.now() - 3_600_000),
  notAfter: new Date(Date.now() + 86_400_000),
}

/** A certificate and its key in PEM, of a CA that only these tests know. */
export type TestCertificate = { readonly cert: string; readonly key: string }

export async function testCa() {
  const caKeys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test CA',
    keys: caKeys as never,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
    ...dates,
  })
  return {
    cert: ca.toString('pem'),
    async issue(...names: readonly ['dns' | 'ip', string][]): Promise<TestCertificate> {
      const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${names[0]?.[1] ?? 'client'}`,
        issuer: ca.subject,
        publicKey: keys.publicKey,
        signingKey: caKeys.privateKey,
        signingAlgorithm: algorithm,
        extensions:
          names.length === 0
            ? []
            : [
                new SubjectAlternativeNameExtension(
                  names.map(([type, value]) => ({ type, value })),
                ),
              ],
        ...dates,
      })
      const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
      return {
        cert: certificate.toString('pem'),
        key: `-----BEGIN PRIVATE KEY-----\n${key.toString('base64')}\n-----END PRIVATE KEY-----\n`,
      }
    },
  }
}
