import type { Finding } from '../../finding.ts'
import type { ScanSettings } from '../../scan-settings.ts'
import type { FoundSeal, KeyMaterial, Place } from '../key-material.ts'
import { readCertificateFacts } from './certificate-facts.ts'
import { keyPurpose } from './key-purpose.ts'
import { knownPublicKeys } from './known-public-keys.ts'
import { reproduceLines } from './reproduce.ts'
import { certificateRecord, certificateSentence, locationOf, sentences } from './words.ts'

/** Keystores and keys that stayed locked. Of JKS and BKS, their certificates say whose keys they are. */
export function* lockedFindings(
  material: KeyMaterial,
  { submittedAt }: Pick<ScanSettings, 'submittedAt'>,
): Generator<Finding> {
  const closed = material.seals.filter(({ isOpen }) => !isOpen)
  for (const [id, seals] of Map.groupBy(closed, sealId)) {
    const first = seals[0]
    if (first === undefined) continue
    const leaf = leafOf(first, material)
    // The same key lies open elsewhere, or everybody has it.
    const spkiSha256 = leaf?.certificate.spkiSha256 ?? ''
    if (material.keys.has(spkiSha256) || knownPublicKeys.has(spkiSha256)) continue
    const isClient =
      leaf !== undefined &&
      keyPurpose(leaf.facts, { places: [first.place], hasIssued: false, servesOnly: false }) ===
        'client' &&
      leaf.facts.notAfter >= submittedAt
    yield {
      rule: 'locked-keystore',
      severity: isClient ? 'high' : 'medium',
      confidence: isClient ? 'firm' : 'tentative',
      title: `${lockedName(first.place)}${leaf === undefined ? '' : ` with the key of ${leaf.facts.subject}`}`,
      detail: sentences(
        `${first.place.container} in ${first.place.path} seals ${first.seal.holds}: ${first.seal.protection}.`,
        attemptSentence(first),
        leaf === undefined
          ? ''
          : `The key belongs to this certificate. ${certificateSentence(leaf.facts)}`,
        isClient
          ? 'The app has the password at run time, or asks for it: whoever has both is this client.'
          : '',
      ),
      locations: [locationOf(first.place)],
      identity: id,
      facts: {
        container: first.place.container,
        protection: first.seal.protection,
        ...(leaf === undefined ? {} : certificateRecord(leaf.certificate, leaf.facts)),
      },
      reproduce: reproduceLines([first.place], undefined),
    }
  }
}

/** One finding for each key of a store: they may have passwords of their own. */
function sealId({ id, place }: FoundSeal): string {
  return place.alias === undefined ? id : `${id} ${place.alias}`
}

function leafOf({ place }: FoundSeal, material: KeyMaterial) {
  for (const certificate of material.ofStore(place)) {
    const facts = readCertificateFacts(certificate)
    if (facts === undefined) continue
    const purpose = keyPurpose(facts, { places: [place], hasIssued: false, servesOnly: false })
    if (purpose !== 'authority') return { certificate, facts }
  }
  return undefined
}

const keystoreNames = new Set(['PKCS#12', 'BCFKS', 'JKS', 'JCEKS', 'BKS', 'UBER'])

function lockedName({ name }: Place): string {
  return keystoreNames.has(name) ? `A locked ${name} keystore` : `A locked private key (${name})`
}

function attemptSentence({ tried, whyNot }: FoundSeal): string {
  if (whyNot !== undefined) return `It was not opened: ${whyNot}.`
  return `None of ${tried} passwords opened it, defaults and strings of the package.`
}
