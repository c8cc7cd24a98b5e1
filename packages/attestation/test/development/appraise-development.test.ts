import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { test } from 'node:test'
import { enrollmentProofBase } from '@sallyport/wire'
import {
  appraiseDevelopment,
  type AttestationResult,
  type DevelopmentOptions,
  evidenceFormats,
} from '../../src/index.ts'
import { noTrust } from '../no-trust.ts'

const challenge = randomBytes(32)
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spkiOf = (key: KeyObject) => key.export({ format: 'der', type: 'spki' })
const spki = spkiOf(publicKey)
const statement = sign('sha256', enrollmentProofBase(challenge, spki), privateKey).toString(
  'base64url',
)

const appraise = (options: Partial<DevelopmentOptions> = {}) =>
  appraiseDevelopment({
    statement,
    challenge,
    spki,
    insecureDevelopmentDevices: true,
    ...options,
  })

const failedCodes = ({ checks }: AttestationResult) =>
  checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code)

test('a statement of the key proves a key in software, for development alone', () => {
  const result = appraise()
  assert.deepEqual(failedCodes(result), [])
  assert.deepEqual(
    [result.accepted, result.assurance, result.development],
    [true, 'software', true],
  )
})

test('RSA keys make statements too', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const other = spkiOf(rsa.publicKey)
  const signed = sign('sha256', enrollmentProofBase(challenge, other), rsa.privateKey)
  const result = appraise({ spki: other, statement: signed.toString('base64url') })
  assert.equal(result.assurance, 'software')
})

test('an app that does not take it refuses it, and it proves nothing', () => {
  const result = appraise({ insecureDevelopmentDevices: false })
  assert.deepEqual(failedCodes(result), ['evidence_development_refused'])
  assert.deepEqual([result.assurance, result.development], ['unattested', false])
})

test('a statement over another challenge or key, or of another key, is refused', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const foreign = sign('sha256', enrollmentProofBase(challenge, spki), other.privateKey)
  const ed25519 = generateKeyPairSync('ed25519')
  for (const options of [
    { challenge: randomBytes(32) },
    { spki: spkiOf(other.publicKey) },
    { spki: spkiOf(ed25519.publicKey) },
    { spki: randomBytes(91) },
    { statement: foreign.toString('base64url') },
    { statement: '' },
  ]) {
    const result = appraise(options)
    assert.deepEqual(failedCodes(result), ['development_statement_invalid'])
    assert.deepEqual([result.assurance, result.development], ['unattested', false])
  }
})

test('a statement that nobody can check proves nothing, though nothing failed', () => {
  for (const options of [{ challenge: undefined }, { spki: undefined }]) {
    const result = appraise(options)
    assert.deepEqual(failedCodes(result), [])
    assert.deepEqual([result.assurance, result.development], ['unattested', false])
  }
})

test('what is no statement is malformed', () => {
  assert.deepEqual(failedCodes(appraise({ statement: 'not base64url!' })), [
    'attestation_malformed',
  ])
  assert.deepEqual(failedCodes(appraise({ statement: 'A'.repeat(2_049) })), [
    'attestation_too_large',
  ])
})

test('it is never enough for an app that asks for more', () => {
  const result = appraise({ minimumAssurance: 'tee' })
  assert.deepEqual(failedCodes(result), ['attestation_assurance_too_low'])
  assert.equal(result.assurance, 'software')
})

test('as the device API carries it: closed', async () => {
  const format = evidenceFormats['development']
  assert.ok(format !== undefined)
  const context = {
    challenge,
    spki,
    at: 0,
    trust: noTrust,
    policy: { insecureDevelopmentDevices: true },
  }
  const appraised = (members: object, policy: object = context.policy) =>
    format.appraise({ format: 'development', ...members }, { ...context, policy })
  assert.equal((await appraised({ statement })).assurance, 'software')
  assert.deepEqual(failedCodes(await appraised({ statement }, {})), [
    'evidence_development_refused',
  ])
  for (const members of [{}, { statement: 7 }, { statement, extra: '' }]) {
    assert.deepEqual(failedCodes(await appraised(members)), ['attestation_malformed'])
  }
})
