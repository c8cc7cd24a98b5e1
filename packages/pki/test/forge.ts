import { sign } from 'node:crypto'
import { keyIdentifier } from '../src/issue/build-certificate.ts'
import type { Certificate } from '../src/certificate.ts'
import { derTime } from '../src/der/der-time.ts'
import {
  derBitString,
  derBoolean,
  derContext,
  derContextPrimitive,
  derInteger,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../src/der/der-writer.ts'
import { nameOf } from '../src/distinguished-name.ts'
import { canonicalSignature } from '../src/ecdsa-form.ts'
import { keyKindOf } from '../src/key-kind.ts'
import { oids } from '../src/oids.ts'
import type { KeyPair } from '../src/signing-key.ts'

/** The parts of a certificate, DER each, which no profile of ours would put together. */
export type ForgedParts = {
  version: Buffer
  serial: Buffer
  innerAlgorithm: Buffer
  outerAlgorithm: Buffer
  issuer: Buffer
  validity: Buffer
  subject: Buffer
  spki: Buffer
  /** Whatever follows the key. */
  rest: Buffer
  hash: string
  /** After the signature, inside the outer SEQUENCE. */
  trailer: Buffer
}

export const ecdsaSha256 = derSequence(derOid('1.2.840.10045.4.3.2'))

/** A certificate out of any parts, signed. Returns bytes, for it may be no certificate at all. */
export function forge(
  issuer: { certificate: Certificate; key: KeyPair },
  spki: Buffer,
  parts: Partial<ForgedParts> = {},
): Buffer {
  const now = Date.now()
  const inner = parts.innerAlgorithm ?? ecdsaSha256
  const tbs = derSequence(
    parts.version ?? derContext(0, derInteger(2)),
    parts.serial ?? derInteger(0x1234),
    inner,
    parts.issuer ?? issuer.certificate.subject,
    parts.validity ?? derSequence(derTime(now - 300_000), derTime(now + 86_400_000)),
    parts.subject ?? nameOf(),
    parts.spki ?? spki,
    parts.rest ?? derContext(3, derSequence(...leafExtensions(issuer.certificate, spki))),
  )
  const made = sign(parts.hash ?? 'sha256', tbs, issuer.key.privateKey)
  const kind = keyKindOf(issuer.key.publicKey)
  const signature = kind === undefined ? made : canonicalSignature(made, kind)
  return derSequence(
    tbs,
    parts.outerAlgorithm ?? inner,
    derBitString(signature),
    parts.trailer ?? Buffer.alloc(0),
  )
}

export const extension = (oid: string, value: Buffer, critical = false): Buffer =>
  derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value))

export const uriName = (uri: string): Buffer => derContextPrimitive(6, Buffer.from(uri, 'latin1'))
export const dnsName = (name: string): Buffer => derContextPrimitive(2, Buffer.from(name, 'latin1'))
export const mailName = (mail: string): Buffer =>
  derContextPrimitive(1, Buffer.from(mail, 'latin1'))
export const addressName = (...octets: number[]): Buffer =>
  derContextPrimitive(7, Buffer.from(octets))

export const wholeDevice = 'spiffe://example.com/app/wallet/device/dev_aaaaaaaaaaaaaaaaaaaaaaaaaa'

/** The extensions of a good leaf without Sallyport's own, each to be replaced or left out (null). */
export function leafExtensions(
  issuer: Certificate,
  spki: Buffer,
  changes: Readonly<Record<string, Buffer | null>> = {},
): Buffer[] {
  const usual: Record<string, Buffer | null> = {
    basicConstraints: extension(oids.basicConstraints, derSequence(), true),
    keyUsage: extension(oids.keyUsage, derNamedBits([0]), true),
    extendedKeyUsage: extension(oids.extendedKeyUsage, derSequence(derOid(oids.clientAuth))),
    names: extension(oids.subjectAlternativeName, derSequence(uriName(wholeDevice)), true),
    policies: extension(
      oids.certificatePolicies,
      derSequence(derSequence(derOid(oids.assurancePolicies.tee))),
    ),
    subjectKeyIdentifier: extension(oids.subjectKeyIdentifier, derOctetString(keyIdentifier(spki))),
    authorityKeyIdentifier: extension(
      oids.authorityKeyIdentifier,
      derSequence(derContextPrimitive(0, keyIdentifier(issuer.spki))),
    ),
    noRevAvail: extension(oids.noRevAvail, derNull()),
  }
  return Object.values({ ...usual, ...changes }).filter((value) => value !== null)
}

/** The field that holds extensions. */
export const extensionField = (...extensions: Buffer[]): Buffer =>
  derContext(3, derSequence(...extensions))
