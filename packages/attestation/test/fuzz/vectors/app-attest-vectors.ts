import { createPublicKey } from 'node:crypto'
import { parseAllDocuments } from 'yaml'
import { readAssertionObject } from '../../../src/apple-app-attest/assertion-object.ts'
import { readAttestationObject } from '../../../src/apple-app-attest/attestation-object.ts'
import {
  type AppAttestKey,
  appraiseAppAttestation,
  appraiseAssertion,
  builtInRoots,
  readReceipt,
} from '../../../src/index.ts'
import { fixture, fixtureNames } from '../fixtures.ts'
import type { FuzzVector } from '../fuzz-vector.ts'

type Entry = {
  readonly id: string
  readonly type: 'attestation' | 'assertion' | 'receipt'
  readonly attestationBase64: string
  readonly assertionBase64: string
  readonly receiptBase64: string
  readonly clientDataBase64: string
  readonly keyIdBase64: string
  readonly publicKey: string
  readonly teamIdentifier: string
  readonly bundleIdentifier: string
  readonly timestamp: string
}

const entries = fixtureNames('app-attest', '.yaml').flatMap((path) =>
  parseAllDocuments(fixture(path)).map((document) => document.toJS() as Entry),
)
const ofType = (type: Entry['type']) => entries.filter((entry) => entry.type === type)

const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64')
const appIdOf = (entry: Entry) => `${entry.teamIdentifier}.${entry.bundleIdentifier}`
const spkiOf = (entry: Entry) =>
  createPublicKey(entry.publicKey).export({ format: 'der', type: 'spki' })
const whole = (parts: readonly Buffer[]): Buffer => Buffer.concat(parts)

const trust = {
  appAttest: { anchors: builtInRoots.appAttest },
  appAttestReceipts: { anchors: builtInRoots.appAttestReceipts },
}

/** Attestations of real phones, at their time. */
export const attestationVectors: readonly FuzzVector[] = ofType('attestation').map((entry) => {
  const attestation = bytes(entry.attestationBase64)
  return {
    name: `app-attest attestation: ${entry.id}`,
    isAccepted: true,
    parts: [attestation],
    appraise: async (parts) => {
      const { accepted, checks, claims, facts } = appraiseAppAttestation({
        attestation: whole(parts),
        keyId: entry.keyIdBase64,
        clientData: bytes(entry.clientDataBase64),
        at: Date.parse(entry.timestamp),
        trust: { appAttest: trust.appAttest, appAttestReceipts: trust.appAttestReceipts },
        policy: { appIds: [appIdOf(entry)], environments: ['development'] },
      })
      return { accepted, checks, told: [claims, facts] }
    },
    covered: (parts) => coveredByAttestation(whole(parts)),
  }
})

/**
 * The nonce in the leaf covers authData, signatures the certificates, and the receipt its content. Not
 * covered: the order of members in maps and further members, and what `receiptVectors` says.
 */
export function coveredByAttestation(attestation: Buffer): unknown {
  const { chain, authenticatorData, receipt } = readAttestationObject(attestation)
  return { chain, authenticatorData, receipt: receipt && claimsOf(receipt) }
}

function claimsOf(receipt: Buffer): unknown {
  return readReceipt(receipt, { anchors: trust.appAttestReceipts.anchors }).claims
}

/** Assertions of real phones, under the key that they were made with. */
export const assertionVectors: readonly FuzzVector[] = ofType('assertion').map((entry) => {
  const key: AppAttestKey = {
    keyId: entry.keyIdBase64,
    spki: spkiOf(entry),
    counter: 0,
    environment: 'development',
    appId: appIdOf(entry),
  }
  return {
    name: `app-attest assertion: ${entry.id}`,
    isAccepted: true,
    parts: [bytes(entry.assertionBase64)],
    appraise: async (parts) => {
      const { accepted, checks, claims } = appraiseAssertion({
        assertion: whole(parts),
        clientData: bytes(entry.clientDataBase64),
        key,
        keyId: entry.keyIdBase64,
        policy: { appIds: [key.appId] },
      })
      return { accepted, checks, told: claims }
    },
    // Not covered: the order of members in maps, and further members.
    covered: (parts) => {
      const { signature, authenticatorData } = readAssertionObject(whole(parts))
      return { signature, authenticatorData }
    },
  }
})

/** Receipts as phones and Apple's servers gave them. */
export const receiptVectors: readonly FuzzVector[] = ofType('receipt').map((entry) => ({
  name: `app-attest receipt: ${entry.id}`,
  isAccepted: true,
  parts: [bytes(entry.receiptBase64)],
  appraise: async (parts) => {
    const { accepted, checks, claims } = readReceipt(whole(parts), {
      anchors: trust.appAttestReceipts.anchors,
      spki: spkiOf(entry),
      appId: appIdOf(entry),
    })
    return { accepted, checks, told: claims }
  },
  // Not covered by the signature of CMS (RFC 5652 §5.4): how BER divides what it holds, versions, the
  // list of digest algorithms, parameters of algorithms, certificates that nobody needs (the root among
  // them), unsigned attributes.
  covered: (parts) => claimsOf(whole(parts)),
}))
