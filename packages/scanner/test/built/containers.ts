import { rootCertificates } from 'node:tls'
import { fixture } from '../keys/detect-keys.ts'

/** How the password of a container comes to be known, if it does. */
export const passwords = ['none', 'elsewhere', 'default', 'unknown'] as const
export type Password = (typeof passwords)[number]

/** What a package holds: files of `fixtures/keys/make.sh`, those in one list as pieces of one identity. */
type Content = readonly string[]

/** Each container, with what there is of it for each way to its password. */
export const containers: Readonly<Record<string, Partial<Record<Password, Content>>>> = {
  PEM: {
    none: ['client.pem', 'client-key.pem'],
    elsewhere: ['client.pem', 'own-encrypted-key.pem'],
    unknown: ['client.pem', 'own-encrypted-key.pem'],
  },
  'PEM, traditional': {
    elsewhere: ['client.pem', 'own-traditional-aes-key.pem'],
    unknown: ['client.pem', 'own-traditional-aes-key.pem'],
  },
  'DER, PKCS#8': {
    none: ['client-certificate.der', 'client-pkcs8.der'],
    default: ['client-certificate.der', 'own-pbes2-aes256.p8'],
  },
  'DER, PKCS#8 by scrypt': { default: ['client-certificate.der', 'own-scrypt.p8'] },
  'DER, SEC 1': { none: ['client-certificate.der', 'client-sec1.der'] },
  'PKCS#12': {
    none: ['empty-modern.p12'],
    elsewhere: ['own-modern.p12'],
    default: ['default-modern.p12'],
    unknown: ['own-modern.p12'],
  },
  'PKCS#12, RC2 and 3DES': {
    none: ['empty-legacy.p12'],
    elsewhere: ['own-legacy.p12'],
    default: ['default-legacy.p12'],
    unknown: ['own-legacy.p12'],
  },
  JKS: { elsewhere: ['own.jks'], default: ['default.jks'], unknown: ['own.jks'] },
  JCEKS: { elsewhere: ['own.jceks'], default: ['default.jceks'], unknown: ['own.jceks'] },
  BKS: { elsewhere: ['own.bks'], default: ['default.bks'], unknown: ['own.bks'] },
  'BKS 1': { elsewhere: ['own.bks1'], unknown: ['own.bks1'] },
  OpenSSH: { none: ['client-rsa.pem', 'plain.ssh'] },
  JWK: { none: ['client.pem', 'client.jwk'] },
}

/** RFC 8037 A.1: everybody has it. */
const publishedKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}

/** What looks like an identity, and is none. */
export const benignTwins: Readonly<Record<string, readonly Buffer[]>> = {
  'a trust store, JKS': [fixture('trust.jks')],
  'a trust store, BKS': [fixture('trust.bks')],
  'a trust store, PKCS#12': [fixture('trust.p12')],
  // As many as one string of DEX holds.
  'public authorities': [Buffer.from(rootCertificates.slice(0, 20).join('\n'))],
  'certificates of a signature': [fixture('certificates.p7b')],
  'the certificate of a server': [fixture('server.pem')],
  'a private root': [fixture('root.pem')],
  'a key that a specification publishes': [Buffer.from(JSON.stringify(publishedKey))],
}

export function piecesOf(content: Content): Buffer[] {
  return content.map(fixture)
}

/** Whether it is text by itself, as OpenSSH and JWK are. */
export function isText(piece: Buffer): boolean {
  return /^[\t\n\r\x20-\x7e]+$/.test(piece.toString('latin1'))
}
