import type { KeyManagerUse } from '../../dex/code-facts.ts'
import type { Finding } from '../../finding.ts'
import type { ScanSettings } from '../../scan-settings.ts'
import type { FoundCertificate, FoundKey, KeyMaterial } from '../key-material.ts'
import { certificateFindings } from './certificate-findings.ts'
import { knownPublicKeys } from './known-public-keys.ts'
import { lockedFindings } from './locked-findings.ts'
import { pairFinding } from './pair-finding.ts'
import { pairsOf } from './proof-of-pair.ts'
import { reproduceLines } from './reproduce.ts'
import { describeKey, weakKeyFinding } from './weak-key.ts'
import { locationOf, passwordSentence, placesSentence, sentences } from './words.ts'

/** Says what the keys and certificates of a package mean, together. */
export function* keyFindings(
  material: KeyMaterial,
  settings: Pick<ScanSettings, 'submittedAt' | 'releaseWindowDays'>,
  keyManagerUses: readonly KeyManagerUse[],
): Generator<Finding> {
  const servesOnly =
    keyManagerUses.length > 0 && keyManagerUses.every(({ role }) => role === 'server')
  const paired = new Set<FoundCertificate>()
  for (const key of material.keys.values()) {
    const pairs = pairsOf(key, material)
    for (const { certificate } of pairs) paired.add(certificate)
    if (knownPublicKeys.has(key.spkiSha256)) {
      yield knownKeyFinding(key)
      continue
    }
    yield pairFinding(pairs, material, { ...settings, servesOnly }) ?? loneKeyFinding(key)
    yield* weakKeyFinding(key.key, key.spkiSha256, key.places)
  }
  yield* lockedFindings(material, settings)
  const alone = [...material.certificates.values()].filter((each) => !paired.has(each))
  yield* certificateFindings(alone, material, settings)
}

function knownKeyFinding(key: FoundKey): Finding {
  const { of = '', source = '' } = knownPublicKeys.get(key.spkiSha256) ?? {}
  return {
    rule: 'known-public-key',
    confidence: 'certain',
    title: `A key that everybody has, of ${of}`,
    detail: sentences(
      placesSentence(key.places),
      `It is published (${source}): it protects nothing, and nothing of yours was lost.`,
    ),
    locations: key.places.map(locationOf),
    identity: key.spkiSha256,
    facts: { key: describeKey(key.key), spkiSha256: key.spkiSha256, of, source },
  }
}

function loneKeyFinding(key: FoundKey): Finding {
  const kind = describeKey(key.key)
  return {
    rule: 'private-key',
    confidence: 'certain',
    title: `A private key: ${kind}`,
    detail: sentences(
      placesSentence(key.places),
      passwordSentence(key),
      'No certificate of it is in the package, so what it is for is not told.',
      'It is the same in every install.',
    ),
    locations: key.places.map(locationOf),
    identity: key.spkiSha256,
    facts: { key: kind, spkiSha256: key.spkiSha256 },
    reproduce: reproduceLines(key.places, key.password),
  }
}
