import { createPublicKey } from 'node:crypto'
import type { Finding, Location, Severity } from '../finding.ts'
import { redact } from '../redact.ts'
import type { ScanSettings } from '../scan-settings.ts'
import { type CertificateFacts, issuerKind, readCertificateFacts } from './certificate-facts.ts'
import type { FoundCertificate, FoundKey, FoundSeal, KeyMaterial, Place } from './key-material.ts'
import { keyPurpose, type KeyPurpose } from './key-purpose.ts'
import { describeKey, weaknessOf } from './key-strength.ts'
import { knownPublicKeys } from './known-public-keys.ts'
import { type Pair, pairsOf } from './proof-of-pair.ts'
import { reproduceLines } from './reproduce.ts'

type Settings = Pick<ScanSettings, 'submittedAt' | 'releaseWindowDays'>

/** Says what the keys and certificates of a package mean, together. */
export function* keyFindings(material: KeyMaterial, settings: Settings): Generator<Finding> {
  const paired = new Set<FoundCertificate>()
  for (const key of material.keys.values()) {
    const pairs = pairsOf(key, material)
    for (const { certificate } of pairs) paired.add(certificate)
    yield* keyFinding(key, pairs, settings)
  }
  for (const [id, seals] of Map.groupBy(closedSeals(material), (seal) => seal.id)) {
    yield lockedFinding(id, seals, material, settings)
  }
  const lists = certificateLists(material)
  for (const certificate of material.certificates.values()) {
    if (!paired.has(certificate) && isAlone(certificate, lists)) {
      yield* certificateFinding(certificate, settings)
    }
  }
}

function* keyFinding(
  key: FoundKey,
  pairs: readonly Pair[],
  settings: Settings,
): Generator<Finding> {
  const known = knownPublicKeys.get(key.spkiSha256)
  const kind = describeKey(key.key)
  if (known !== undefined) {
    yield {
      rule: 'known-public-key',
      confidence: 'certain',
      title: `A key that everybody has: ${known.of}`,
      detail: `${sentenceOfPlaces(key.places)} It is published in ${known.source}, so it protects nothing, and nothing was lost.`,
      locations: key.places.map(locationOf),
      identity: key.spkiSha256,
      facts: { key: kind, spkiSha256: key.spkiSha256, of: known.of, source: known.source },
    }
    return
  }
  const best = pairs.toSorted((one, other) => rankOf(one) - rankOf(other))[0]
  yield best === undefined ? loneKeyFinding(key, kind) : pairFinding(best, pairs, settings)
  const weakness = weaknessOf(key.key)
  if (weakness !== undefined) yield weakFinding(weakness, key.spkiSha256, key.places)
}

const purposes: readonly KeyPurpose[] = [
  'client', 'authority', 'code signing', 'server', 'other', 'debug signing',
] // biome-ignore format: from worst to least

/** The worst that it is good for; of those, what is valid longest. */
function rankOf({ facts }: Pair): number {
  return purposes.indexOf(keyPurpose(facts)) - facts.notAfter.getTime() / 1e15
}

type Verdict = {
  readonly rule: 'client-identity' | 'private-key'
  readonly severity: Severity
  readonly title: string
  readonly meaning: string
}

const verdicts: Readonly<Record<KeyPurpose, Verdict>> = {
  client: {
    rule: 'client-identity',
    severity: 'critical',
    title: 'A client certificate with its private key',
    meaning: 'It is the same in every install: whoever downloads the app can be this client.',
  },
  authority: {
    rule: 'private-key',
    severity: 'critical',
    title: 'The private key of a certificate authority',
    meaning:
      'Whoever downloads the app can issue certificates that everyone who trusts it believes.',
  },
  'code signing': {
    rule: 'private-key',
    severity: 'critical',
    title: 'A private key that signs code',
    meaning: 'Whoever downloads the app can sign code as its owner.',
  },
  server: {
    rule: 'private-key',
    severity: 'high',
    title: 'The private key of a TLS server',
    meaning:
      'Whoever downloads the app can be this server, also where it is one on the device itself.',
  },
  other: {
    rule: 'private-key',
    severity: 'high',
    title: 'A private key with its certificate',
    meaning: 'It is the same in every install, and whoever downloads the app has it.',
  },
  'debug signing': {
    rule: 'private-key',
    severity: 'low',
    title: 'The key that signs debug builds',
    meaning:
      'Devices accept updates of debug builds that it signed; it proves nothing to a server.',
  },
}

function pairFinding(pair: Pair, pairs: readonly Pair[], { submittedAt }: Settings): Finding {
  const { key, certificate, facts, isSigned } = pair
  const { rule, severity, title, meaning } = verdicts[keyPurpose(facts)]
  const isExpired = facts.notAfter < submittedAt
  const places = [...key.places, ...certificate.places]
  const proof = isSigned
    ? 'A challenge that the key signed was verified with the certificate.'
    : 'The public keys of both are the same.'
  const sentences = [
    sentenceOfPlaces(key.places),
    sentenceOfPassword(key),
    certificateSentence(facts),
    proof,
    isExpired
      ? `The certificate expired on ${day(facts.notAfter)}; the key is out all the same.`
      : '',
    pairs.length > 1 ? `${pairs.length} certificates of this key are in the package.` : '',
    meaning,
  ]
  return {
    rule,
    severity: isExpired ? lessSevere(severity) : severity,
    confidence: 'certain',
    title: `${title}: ${facts.subject}${isExpired ? ' (expired)' : ''}`,
    detail: sentences.filter(Boolean).join(' '),
    locations: places.map(locationOf),
    identity: key.spkiSha256,
    facts: { key: describeKey(key.key), isLocked: false, ...certificateRecord(certificate, facts) },
    reproduce: reproduceLines(key.places[0] as Place, key.password),
  }
}

function loneKeyFinding(key: FoundKey, kind: string): Finding {
  return {
    rule: 'private-key',
    confidence: 'certain',
    title: `A private key: ${kind}`,
    detail: [
      sentenceOfPlaces(key.places),
      sentenceOfPassword(key),
      'No certificate of it is in the package, so what it is for is not told. It is the same in every install.',
    ]
      .filter(Boolean)
      .join(' '),
    locations: key.places.map(locationOf),
    identity: key.spkiSha256,
    facts: { key: kind, spkiSha256: key.spkiSha256 },
    reproduce: reproduceLines(key.places[0] as Place, key.password),
  }
}

function closedSeals(material: KeyMaterial): FoundSeal[] {
  return material.seals.filter(({ isOpen }) => !isOpen)
}

function lockedFinding(
  id: string,
  seals: readonly FoundSeal[],
  material: KeyMaterial,
  settings: Settings,
): Finding {
  const [first] = seals as [FoundSeal]
  const { place, seal } = first
  const chain = [...material.certificates.values()].filter((certificate) =>
    certificate.places.some(({ store, alias }) => store === place.store && alias === place.alias),
  )
  const leaf = chain
    .map((certificate) => ({ certificate, facts: readCertificateFacts(certificate) }))
    .find(({ facts }) => facts !== undefined && keyPurpose(facts) !== 'authority')
  const isClient =
    leaf?.facts !== undefined &&
    keyPurpose(leaf.facts) === 'client' &&
    leaf.facts.notAfter >= settings.submittedAt
  const sentences = [
    `${place.container} in ${place.path} seals ${seal.holds} with ${seal.protection}.`,
    'Neither a default password nor a string of the package that was tried opened it.',
    leaf?.facts === undefined
      ? ''
      : `The key belongs to this certificate. ${certificateSentence(leaf.facts)}`,
    isClient
      ? 'The app has the password at run time, or asks its user for it: whoever has both is this client.'
      : '',
  ]
  return {
    rule: 'locked-keystore',
    severity: isClient ? 'high' : 'medium',
    confidence: isClient ? 'firm' : 'tentative',
    title:
      leaf?.facts === undefined
        ? `A locked ${place.name} keystore`
        : `A locked ${place.name} keystore with the key of ${leaf.facts.subject}`,
    detail: sentences.filter(Boolean).join(' '),
    locations: [locationOf(place)],
    identity: id,
    facts: {
      container: place.container,
      protection: seal.protection,
      isLocked: true,
      ...(leaf?.facts === undefined ? {} : certificateRecord(leaf.certificate, leaf.facts)),
    },
    reproduce: reproduceLines(place, undefined),
  }
}

const fewestOfList = 9

/** Entries that hold so many certificates that they are a list of whom to trust. */
function certificateLists(material: KeyMaterial): Set<string> {
  const counts = new Map<string, number>()
  for (const { places } of material.certificates.values()) {
    for (const { path } of places) counts.set(path, (counts.get(path) ?? 0) + 1)
  }
  return new Set([...counts].filter(([, count]) => count >= fewestOfList).map(([path]) => path))
}

/** Neither one of a list, nor of what only signs: signatures of JARs, code and profiles are CMS. */
function isAlone({ places }: FoundCertificate, lists: ReadonlySet<string>): boolean {
  return places.some(({ path, name }) => name !== 'CMS' && !lists.has(path))
}

function* certificateFinding(
  certificate: FoundCertificate,
  settings: Settings,
): Generator<Finding> {
  const facts = readCertificateFacts(certificate)
  if (facts === undefined) return
  const until = settings.submittedAt.getTime() + settings.releaseWindowDays * 86_400_000
  const ends = facts.notAfter.getTime() < until
  yield {
    rule: 'embedded-certificate',
    severity: ends ? 'low' : 'info',
    confidence: 'certain',
    title: `${facts.isCa ? 'A CA certificate' : 'A certificate'}: ${facts.subject}`,
    detail: [
      sentenceOfPlaces(certificate.places),
      certificateSentence(facts),
      ends
        ? 'It ends before this release is out of use: an app that pins it stops working then.'
        : '',
    ]
      .filter(Boolean)
      .join(' '),
    locations: certificate.places.map(locationOf),
    identity: certificate.sha256,
    facts: certificateRecord(certificate, facts),
    reproduce: reproduceLines(certificate.places[0] as Place, undefined),
  }
  const weakness = weaknessOfCertificate(facts)
  if (weakness !== undefined)
    yield weakFinding(weakness, certificate.spkiSha256, certificate.places)
}

function weaknessOfCertificate({ x509 }: CertificateFacts): string | undefined {
  try {
    return weaknessOf(createPublicKey(x509.publicKey.export({ type: 'spki', format: 'pem' })))
  } catch {
    // A key that OpenSSL does not know is not judged.
    return undefined
  }
}

function weakFinding(weakness: string, spkiSha256: string, places: readonly Place[]): Finding {
  return {
    rule: 'weak-key',
    confidence: 'certain',
    title: `A key that is too short: ${weakness}`,
    detail: `${sentenceOfPlaces(places)} ${weakness}.`,
    locations: places.map(locationOf),
    identity: spkiSha256,
    facts: { weakness, spkiSha256 },
  }
}

function certificateRecord(certificate: FoundCertificate, facts: CertificateFacts) {
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

const purposeNames: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '2.5.29.37.0': 'any',
}

function certificateSentence(facts: CertificateFacts): string {
  const usages = facts.extendedKeyUsage?.map((oid) => purposeNames[oid] ?? oid).join(', ')
  const issuer = {
    itself: 'itself',
    'a public CA': `${facts.issuer}, a public CA`,
    'a private CA': `${facts.issuer}, a private CA`,
  }
  return `Subject ${facts.subject}; issued by ${issuer[issuerKind(facts)]}; for ${usages ?? 'any purpose'}; valid until ${day(facts.notAfter)}.`
}

function sentenceOfPlaces(places: readonly Place[]): string {
  const shown = places
    .slice(0, 3)
    .map(
      ({ container, path, alias }) =>
        `${container} in ${path}${alias === undefined ? '' : ` (alias ${printable(alias)})`}`,
    )
  const more = places.length > shown.length ? `, and ${places.length - shown.length} more` : ''
  return `Found as ${shown.join('; ')}${more}.`
}

function sentenceOfPassword({ password }: FoundKey): string {
  if (password === undefined) return ''
  if (password === '') return 'It was locked with no password.'
  return `It was unlocked with a password that is a default or lies in the package: ${redact(password)}.`
}

function locationOf({ path, offset, within }: Place): Location {
  return {
    path,
    ...(offset === undefined ? {} : { offset }),
    ...(within === undefined ? {} : { within }),
  }
}

const nextSeverity = {
  critical: 'medium',
  high: 'medium',
  medium: 'low',
  low: 'info',
  info: 'info',
} as const

function lessSevere(severity: Severity): Severity {
  return nextSeverity[severity]
}

const day = (date: Date) => date.toISOString().slice(0, 10)

const printable = (text: string) =>
  text.replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '?').slice(0, 60)
