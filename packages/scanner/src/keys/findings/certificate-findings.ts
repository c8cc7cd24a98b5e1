import type { Finding } from '../../finding.ts'
import type { ScanSettings } from '../../scan-settings.ts'
import type { FoundCertificate, KeyMaterial } from '../key-material.ts'
import { type CertificateFacts, readCertificateFacts } from './certificate-facts.ts'
import { reproduceLines } from './reproduce.ts'
import { weakKeyFinding } from './weak-key.ts'
import {
  certificateRecord,
  certificateSentence,
  locationOf,
  placesSentence,
  sentences,
} from './words.ts'

const fewestOfList = 9
const millisecondsADay = 86_400_000

/**
 * Certificates without their keys, except those of a list of whom to trust, and of what only signs: signatures of
 * JARs, of code and of provisioning profiles are CMS.
 */
export function* certificateFindings(
  certificates: readonly FoundCertificate[],
  material: KeyMaterial,
  { submittedAt, releaseWindowDays }: Pick<ScanSettings, 'submittedAt' | 'releaseWindowDays'>,
): Generator<Finding> {
  const lists = certificateLists(material)
  const releaseEnds = submittedAt.getTime() + releaseWindowDays * millisecondsADay
  for (const certificate of certificates) {
    const isAlone = certificate.places.some(({ path, name }) => name !== 'CMS' && !lists.has(path))
    const facts = isAlone ? readCertificateFacts(certificate) : undefined
    if (facts === undefined) continue
    const endsEarly = facts.notAfter.getTime() < releaseEnds
    yield {
      rule: 'embedded-certificate',
      severity: endsEarly ? 'low' : 'info',
      confidence: 'certain',
      title: `${facts.isCa ? 'A CA certificate' : 'A certificate'}: ${facts.subject}`,
      detail: sentences(
        placesSentence(certificate.places),
        certificateSentence(facts),
        endsEarly
          ? 'It ends before this release is out of use: an app that pins it or trusts nothing else stops working.'
          : '',
      ),
      locations: certificate.places.map(locationOf),
      identity: certificate.sha256,
      facts: certificateRecord(certificate, facts),
      reproduce: reproduceLines(certificate.places, undefined),
    }
    const key = publicKeyOf(facts)
    if (key !== undefined) {
      yield* weakKeyFinding(key, certificate.spkiSha256, certificate.places)
    }
  }
}

/** Entries that hold so many certificates that they are a list. */
function certificateLists(material: KeyMaterial): Set<string> {
  const counts = new Map<string, number>()
  for (const { places } of material.certificates.values()) {
    for (const path of new Set(places.map((place) => place.path))) {
      counts.set(path, (counts.get(path) ?? 0) + 1)
    }
  }
  return new Set([...counts].filter(([, count]) => count >= fewestOfList).map(([path]) => path))
}

/** Undefined where OpenSSL does not know the kind of key: it is not judged. */
function publicKeyOf({ x509 }: CertificateFacts) {
  try {
    return x509.publicKey
  } catch {
    return undefined
  }
}
