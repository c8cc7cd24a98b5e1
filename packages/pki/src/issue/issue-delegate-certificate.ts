import { extensions, type Issuer } from './build-certificate.ts'
import type { Certificate } from '../certificate.ts'
import { type EndEntity, issueEndEntity, validForDays } from './issue-end-entity.ts'
import { oids } from '../oids.ts'

/** A key that speaks for a CA in one thing, so that the CA's own signs nothing but certificates and lists. */
export type DelegateOptions = {
  issuer: Issuer
  /** DER SubjectPublicKeyInfo. */
  spki: Buffer
  now: number
  days: number
}

type Delegate = Pick<EndEntity, 'subject' | 'keyUsages' | 'extendedKeyUsage' | 'extensions'>

const responder: Delegate = {
  subject: 'OCSP responder',
  keyUsages: ['digitalSignature'],
  extendedKeyUsage: oids.ocspSigning,
  extensions: [extensions.ocspNoCheck()],
}

const registrationAuthority: Delegate = {
  subject: 'SCEP registration authority',
  keyUsages: ['digitalSignature', 'keyEncipherment'],
  extendedKeyUsage: oids.cmcRa,
  extensions: [extensions.noRevAvail()],
}

/**
 * The certificate by which a CA lets another key answer for it (RFC 6960 §4.2.2.2): it signs OCSP
 * responses and nothing else, and lives so briefly that nobody asks for its own status. The CA itself
 * must never have this usage: under it, the CA would be a responder of its root.
 */
export function issueResponderCertificate(options: DelegateOptions): Promise<Certificate> {
  return issueDelegate(responder, options)
}

/**
 * The certificate by which clients of SCEP encrypt their requests and verify the answers (RFC 8894 §2.1.2), of
 * an RSA key. Its extended key usage is that of a registration authority (RFC 6402 §2.10), which no server takes
 * for that of a client.
 */
export function issueRaCertificate(options: DelegateOptions): Promise<Certificate> {
  return issueDelegate(registrationAuthority, options)
}

function issueDelegate(delegate: Delegate, options: DelegateOptions): Promise<Certificate> {
  const { issuer, spki, now, days } = options
  return issueEndEntity({ issuer, spki, ...delegate, ...validForDays(now, days) })
}
