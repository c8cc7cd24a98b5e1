import { backdateMs, buildCertificate, extensions, type Issuer } from './build-certificate.ts'
import type { Certificate } from '../certificate.ts'
import type { KeyUsage } from '../certificate-extensions.ts'
import { nameOf } from '../distinguished-name.ts'

const dayMs = 24 * 3_600_000

/** A certificate whose key is no CA's. */
export type EndEntity = {
  issuer: Issuer
  /** Common name; without it the subject is empty. */
  subject?: string
  /** DER SubjectPublicKeyInfo. */
  spki: Buffer
  keyUsages: readonly KeyUsage[]
  /** OID; one alone, so that no key serves two purposes. */
  extendedKeyUsage: string
  /** Milliseconds, written to the second. */
  notBefore: number
  /** Milliseconds, written to the second; never later than the issuer's. */
  notAfter: number
  /** 16 random bytes where the caller must know it beforehand. */
  serial?: Buffer | undefined
  /** DER Extension each: the names and policies of the subject. */
  names?: readonly Buffer[]
  /** DER Extension each: what else its profile has. */
  extensions?: readonly Buffer[]
}

/** Issues a certificate for a key that is no CA's: what every profile of ours has in common. */
export function issueEndEntity(entity: EndEntity): Promise<Certificate> {
  const { issuer, subject, spki, serial, names = [] } = entity
  return buildCertificate({
    key: issuer.key,
    issuer: issuer.certificate.subject,
    subject: nameOf(subject),
    spki,
    notBefore: entity.notBefore,
    notAfter: Math.min(entity.notAfter, issuer.certificate.notAfter),
    ...(serial === undefined ? {} : { serial }),
    extensions: [
      extensions.endEntity(),
      extensions.keyUsage(...entity.keyUsages),
      extensions.extendedKeyUsage(entity.extendedKeyUsage),
      ...names,
      extensions.subjectKeyIdentifier(spki),
      extensions.authorityKeyIdentifier(issuer.certificate),
      ...(entity.extensions ?? []),
    ],
  })
}

/** The dates of a certificate that is good for days from now, dated back for clocks that are behind. */
export const validForDays = (now: number, days: number) => ({
  notBefore: now - backdateMs,
  notAfter: now + days * dayMs,
})
