import assert from 'node:assert/strict'
import type { ReasonCode } from '@sallyport/problem'
import { writeCbor } from '@sallyport/virtual-device'
import type { CborMap } from '../../src/cbor/cbor-value.ts'
import { decodeCbor } from '../../src/cbor/decode-cbor.ts'
import {
  type AppAttestKey,
  appraiseAppAttestation,
  appraiseAssertion,
  type AttestationResult,
  builtInRoots,
} from '../../src/index.ts'
import { refusalsOf } from '../apple-app-attest/forged-attestation.ts'
import { appAttestEntries, appIdOf, spkiOf } from '../fixtures.ts'

/** The real objects, in pairs: an attestation and an assertion by its key. */
export const [one, other] = ['ios-14.2.yaml', 'ios-14.3.yaml'].map((name) => {
  const entries = appAttestEntries.filter(({ file }) => file === name)
  const attestation = entries.find((entry) => entry.type === 'attestation')
  const assertion = entries.find((entry) => entry.type === 'assertion')
  assert.ok(attestation?.type === 'attestation' && assertion?.type === 'assertion')
  const key: AppAttestKey = {
    keyId: attestation.keyIdBase64,
    spki: spkiOf(attestation),
    counter: 0,
    environment: 'development',
    appId: appIdOf(attestation),
  }
  return {
    key,
    at: Date.parse(attestation.timestamp),
    clientData: Buffer.from(attestation.clientDataBase64, 'base64'),
    attestation: Buffer.from(attestation.attestationBase64, 'base64'),
    assertion: Buffer.from(assertion.assertionBase64, 'base64'),
  }
}) as [Real, Real]
export type Real = {
  key: AppAttestKey
  at: number
  clientData: Buffer
  attestation: Buffer
  assertion: Buffer
}

type AttestationOptions = Partial<Parameters<typeof appraiseAppAttestation>[0]>
export const attestReally = (options: AttestationOptions = {}) =>
  appraiseAppAttestation({
    attestation: one.attestation,
    keyId: one.key.keyId,
    clientData: one.clientData,
    at: one.at,
    trust: {
      appAttest: { anchors: builtInRoots.appAttest },
      appAttestReceipts: { anchors: builtInRoots.appAttestReceipts },
    },
    policy: { appIds: [one.key.appId], environments: ['development'] },
    ...options,
  })

type AssertionOptions = Partial<Parameters<typeof appraiseAssertion>[0]>
export const assertReally = (options: AssertionOptions = {}) =>
  appraiseAssertion({
    assertion: one.assertion,
    clientData: one.clientData,
    key: one.key,
    keyId: one.key.keyId,
    policy: { appIds: [one.key.appId], environments: ['development'] },
    ...options,
  })

export function decodeReal(attestation: Buffer) {
  const object = decodeCbor(attestation) as CborMap
  const statement = object.get('attStmt') as CborMap
  return {
    authData: object.get('authData') as Buffer,
    chain: statement.get('x5c') as readonly Buffer[],
    receipt: statement.get('receipt') as Buffer,
  }
}

/** A real attestation with its certificates replaced. */
export function withChain(
  attestation: Buffer,
  change: (chain: readonly Buffer[]) => readonly Buffer[],
) {
  const object = decodeCbor(attestation) as CborMap
  const statement = object.get('attStmt') as CborMap
  const chain = change(statement.get('x5c') as readonly Buffer[])
  const changed = new Map(object).set('attStmt', new Map(statement).set('x5c', chain))
  return writeCbor(changed as Parameters<typeof writeCbor>[0])
}

/** Refused, and by these checks alone. */
export function isRefused(result: AttestationResult, ...codes: ReasonCode[]) {
  assert.equal(result.accepted, false)
  assert.deepEqual(refusalsOf(result), codes)
}
