import type { Location } from '../../finding.ts'
import { dayOf } from '../../in-words.ts'
import { redact } from '../../redact.ts'
import type { FoundCertificate, FoundKey, Place } from '../key-material.ts'
import { purposeName } from '../purpose-names.ts'
import { type CertificateFacts, issuerKind } from './certificate-facts.ts'

const mostShown = 3

/** `Found as PKCS#12 in assets/a (alias client); PEM in text in assets/b, and 2 more.` */
export function placesSentence(places: readonly Place[]): string {
  const shown = places.slice(0, mostShown).map(({ container, path, alias }) => {
    return `${container} in ${path}${alias === undefined ? '' : ` (alias ${printable(alias)})`}`
  })
  const rest = places.length - shown.length
  return `Found as ${shown.join('; ')}${rest === 0 ? '' : `, and ${rest} more`}.`
}

export function passwordSentence({ password }: FoundKey): string {
  if (password === undefined) return ''
  if (password === '') return 'It was locked with an empty password.'
  return `A password that is a default or lies in the package unlocked it: ${redact(password)}.`
}

export function certificateSentence(facts: CertificateFacts): string {
  const usages = facts.extendedKeyUsage?.map(purposeName).join(', ')
  const kind = issuerKind(facts)
  const issuer = kind === 'itself' ? kind : `${facts.issuer}, ${kind}`
  const until = `valid until ${dayOf(facts.notAfter)}`
  return `Subject ${facts.subject}; issued by ${issuer}; for ${usages ?? 'any purpose'}; ${until}.`
}

/** What of a certificate goes into a finding. `embeddedCertificates` reads it again. */
export function certificateRecord(certificate: FoundCertificate, facts: CertificateFacts) {
  return {
    subject: facts.subject,
    issuer: facts.issuer,
    issuedBy: issuerKind(facts),
    serial: facts.serial,
    thumbprint: Buffer.from(certificate.sha256, 'hex').toString('base64url'),
    spkiSha256: certificate.spkiSha256,
    notBefore: facts.notBefore.toISOString(),
    notAfter: facts.notAfter.toISOString(),
    extendedKeyUsage: facts.extendedKeyUsage ?? ['any'],
  }
}

export function locationOf({ path, offset, within }: Place): Location {
  return {
    path,
    ...(offset === undefined ? {} : { offset }),
    ...(within === undefined ? {} : { within }),
  }
}

export const sentences = (...parts: readonly string[]): string => parts.filter(Boolean).join(' ')

function printable(text: string): string {
  return text.replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '?').slice(0, 60)
}
