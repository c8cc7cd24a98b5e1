import type { Finding, Severity } from '../../finding.ts'
import { dayOf } from '../../in-words.ts'
import type { ScanSettings } from '../../scan-settings.ts'
import type { KeyMaterial } from '../key-material.ts'
import { type KeyContext, keyPurpose, type KeyPurpose } from './key-purpose.ts'
import type { Pair } from './proof-of-pair.ts'
import { reproduceLines } from './reproduce.ts'
import { describeKey } from './weak-key.ts'
import {
  certificateRecord,
  certificateSentence,
  locationOf,
  passwordSentence,
  placesSentence,
  sentences,
} from './words.ts'

type Verdict = {
  readonly rule: 'client-identity' | 'private-key'
  readonly severity: Severity
  readonly title: string
  readonly meaning: string
}

/** By what the key is good for, from worst to least. */
const verdicts: Readonly<Record<KeyPurpose, Verdict>> = {
  client: {
    rule: 'client-identity',
    severity: 'critical',
    title: 'A client certificate with its private key',
    meaning: 'It is the same in every install: whoever downloads the app can be this client.',
  },
  'client that signed itself': {
    rule: 'client-identity',
    severity: 'high',
    title: 'A self-signed certificate with its private key',
    meaning:
      'Nothing but a server that was told to believes it; of one that does, whoever downloads the app is a client.',
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
    meaning: 'Devices take updates of debug builds from whoever has it; no server believes it.',
  },
}
const purposes = Object.keys(verdicts)

/** What else decides, besides the certificate. */
export type PairContext = Pick<ScanSettings, 'submittedAt'> & Pick<KeyContext, 'servesOnly'>

/** Of all pairs of one key, the worst thing that it is good for. Undefined where it has no certificate. */
export function pairFinding(
  pairs: readonly Pair[],
  material: KeyMaterial,
  { submittedAt, servesOnly }: PairContext,
): Finding | undefined {
  const ranked = pairs
    .map((pair) => ({ pair, purpose: purposeOf(pair, material, servesOnly) }))
    .toSorted((one, other) => rankOf(one) - rankOf(other))
  const [worst] = ranked
  if (worst === undefined) return undefined
  const { key, certificate, facts, isSigned } = worst.pair
  const { rule, severity, title, meaning } = verdicts[worst.purpose]
  const isExpired = facts.notAfter < submittedAt
  return {
    rule,
    severity: isExpired ? lessSevere[severity] : severity,
    confidence: worst.purpose === 'client that signed itself' ? 'firm' : 'certain',
    title: `${title}: ${facts.subject}${isExpired ? ' (expired)' : ''}`,
    detail: sentences(
      placesSentence(key.places),
      passwordSentence(key),
      certificateSentence(facts),
      isSigned
        ? 'A challenge that the key signed was verified with the certificate.'
        : 'The public keys of both are the same.',
      isExpired ? `It expired on ${dayOf(facts.notAfter)}; the key is out all the same.` : '',
      pairs.length > 1 ? `${pairs.length} certificates of this key are in the package.` : '',
      servesOnly && worst.purpose === 'server'
        ? 'Code of the package gives keys to TLS sockets that listen, and to no others.'
        : '',
      meaning,
    ),
    locations: [...key.places, ...certificate.places].map(locationOf),
    identity: key.spkiSha256,
    facts: { key: describeKey(key.key), ...certificateRecord(certificate, facts) },
    reproduce: reproduceLines(key.places, key.password),
  }
}

const lessSevere = {
  critical: 'medium',
  high: 'medium',
  medium: 'low',
  low: 'info',
  info: 'info',
} as const satisfies Record<Severity, Severity>

/** Of the same purpose, what is valid longest. */
function rankOf({ pair, purpose }: { readonly pair: Pair; readonly purpose: KeyPurpose }): number {
  return purposes.indexOf(purpose) - pair.facts.notAfter.getTime() / 1e16
}

function purposeOf(pair: Pair, material: KeyMaterial, servesOnly: boolean): KeyPurpose {
  const hasIssued = material.hasIssued(pair.certificate.parts.subject)
  return keyPurpose(pair.facts, { places: pair.key.places, hasIssued, servesOnly })
}
