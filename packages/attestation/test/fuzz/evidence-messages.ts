import { randomBytes } from 'node:crypto'
import type { Evidence } from '@sallyport/wire'
import {
  appAssertionEvidence,
  appAttestationEvidence,
  androidKeyEvidence,
  defaultAndroidPhone,
  defaultIosPhone,
  makeAppAttestKey,
  makeDevelopmentRoot,
  managedDeviceEvidence,
} from '@sallyport/virtual-device'
import { enrollmentProofBase } from '@sallyport/wire'
import fc from 'fast-check'
import { type AppraisalContext, trustAnchor } from '../../src/index.ts'
import { leafParty } from '../apple-mda/managed-chain.ts'
import { coveredByAttestation } from './vectors/app-attest-vectors.ts'
import { integrityToken, policy as playIntegrity } from '../play-integrity/integrity-token.ts'

const at = Date.UTC(2026, 10, 21, 12)
const challenge = randomBytes(32)
const { spki } = leafParty
const root = makeDevelopmentRoot({ now: at })
const anchors = [trustAnchor(root.certificate, { development: true })]
const key = makeAppAttestKey()
const clientData = enrollmentProofBase(challenge, spki)

/** Everything is asked for, and everything is there to ask with. */
export const messageContext: AppraisalContext = {
  challenge,
  spki,
  at,
  trust: {
    android: { anchors, statusList: { entries: new Map(), fetchedAt: at } },
    appAttest: { anchors },
    appAttestReceipts: { anchors },
    managedDevices: { anchors },
  },
  policy: {
    insecureDevelopmentDevices: true,
    minimumAssurance: 'app-attested',
    android: { packages: [defaultAndroidPhone.packageName], requireVerifiedBoot: true },
    apple: { appIds: [defaultIosPhone.appId], environments: ['production'] },
    managedDevices: { requireIdentity: true },
    playIntegrity,
  },
}

/** The same for a device that renews by assertion. */
export const renewalContext: AppraisalContext = {
  ...messageContext,
  appAttestKey: {
    keyId: key.keyId,
    spki: key.spki,
    counter: 4,
    environment: 'production',
    appId: defaultIosPhone.appId,
  },
}

/** Evidence as honest phones send it, one of each form. */
export const honestMessages: readonly Evidence[] = [
  androidKeyEvidence({ root, challenge, spki, at }),
  appAttestationEvidence({ root, key, clientData, at }),
  appAssertionEvidence({ key, clientData, counter: 5 }),
  managedDeviceEvidence({ root, challenge, spki, at }),
  { format: 'play-integrity', token: await integrityToken() },
  { format: 'development', statement: randomBytes(70).toString('base64url') },
]

const memberNames = ['chain', 'keyId', 'attestation', 'assertion', 'token', 'statement']
const base64url = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'))
const anything = fc.oneof(
  base64url,
  fc.array(base64url, { maxLength: 12 }),
  fc.array(fc.nat(0xffff), { maxLength: 100 }).map((units) => String.fromCharCode(...units)),
  fc.jsonValue({ maxDepth: 4 }),
  fc.integer({ min: 1, max: 60_000 }).map((length) => 'A'.repeat(length)),
  fc.constantFrom(undefined, null, Number.NaN, -0, '__proto__', 'constructor'),
)

/** Evidence that no phone sends: of any members, or an honest message with one of them changed. */
export const evidenceMessages: fc.Arbitrary<Evidence> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...honestMessages.map(({ format }) => format)),
      fc.dictionary(fc.constantFrom(...memberNames, '__proto__', 'x'), anything, { maxKeys: 4 }),
    )
    .map(([format, members]) => ({ ...members, format })),
  fc
    .tuple(fc.constantFrom(...honestMessages), fc.nat(), anything)
    .map(([message, member, value]) => {
      const names = Object.keys(message).filter((name) => name !== 'format')
      return { ...message, [names[member % names.length] ?? 'x']: value }
    }),
  fc
    .tuple(fc.constantFrom(...honestMessages), fc.nat(), fc.string({ minLength: 1, maxLength: 3 }))
    .map(([message, place, text]) => changeText(message, place, text)),
)

/** An honest message with a few characters of one of its texts written over. */
function changeText(message: Evidence, place: number, text: string): Evidence {
  const members = Object.entries(message).filter(([name]) => name !== 'format')
  const [name = '', value] = members[place % members.length] ?? []
  const texts: unknown[] = Array.isArray(value) ? value : [value]
  const changed = texts.map((one, index) => {
    if (typeof one !== 'string' || index !== place % texts.length) return one
    const from = place % Math.max(1, one.length)
    return one.slice(0, from) + text + one.slice(from + text.length)
  })
  return { ...message, [name]: Array.isArray(value) ? changed : changed[0] }
}

/** What an accepted message must have as an honest phone sent it: all, but in an attestation. */
export function coveredOfMessage(evidence: Evidence): unknown {
  const { attestation, ...members } = evidence
  if (typeof attestation !== 'string') return evidence
  return { ...members, attestation: coveredByAttestation(Buffer.from(attestation, 'base64url')) }
}
