import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { ReasonCode } from '@sallyport/problem'
import { enrollmentProofBase } from '@sallyport/wire'
import {
  appraisePlayIntegrity,
  type AttestationResult,
  evidenceFormats,
  type PlayIntegrityPolicy,
} from '../../src/index.ts'
import { noTrust } from '../no-trust.ts'
import {
  at,
  clientData,
  encrypt,
  integrityToken,
  keys,
  policy,
  requestHash,
  verdict,
} from './integrity-token.ts'

type Options = Parameters<typeof appraisePlayIntegrity>[0]

const appraise = (token: string, options: Partial<Options> = {}) =>
  appraisePlayIntegrity({ token, clientData, at, policy, ...options })

const failedCodes = ({ checks }: AttestationResult) =>
  checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code)

test('a token that says all that is asked for is accepted, and proves nothing of a key', async () => {
  const result = await appraise(await integrityToken())
  assert.deepEqual(failedCodes(result), [])
  assert.equal(result.accepted, true)
  assert.equal(result.assurance, 'unattested')
  assert.ok(result.checks.every(({ outcome }) => outcome === 'passed'))
})

test('all that Google says is a claim, also what no check looks at', async () => {
  const { claims } = await appraise(await integrityToken({ ...verdict, ofTomorrow: { level: 3 } }))
  assert.deepEqual(claims, { ...verdict, ofTomorrow: { level: 3 } })
})

const { requestDetails, appIntegrity, deviceIntegrity, accountDetails } = verdict
const request = (members: object) => ({
  ...verdict,
  requestDetails: { ...requestDetails, ...members },
})
const app = (members: object) => ({ ...verdict, appIntegrity: { ...appIntegrity, ...members } })
const device = (...verdicts: string[]) => ({
  ...verdict,
  deviceIntegrity: { ...deviceIntegrity, deviceRecognitionVerdict: verdicts },
})
const licensing = (appLicensingVerdict: string) => ({
  ...verdict,
  accountDetails: { ...accountDetails, appLicensingVerdict },
})

const refused: readonly [string, object, ReasonCode][] = [
  [
    'for another request',
    request({ requestHash: `A${requestHash.slice(1)}` }),
    'attestation_challenge_mismatch',
  ],
  ['for no request', request({ requestHash: undefined }), 'attestation_challenge_mismatch'],
  ['for an empty request', request({ requestHash: '' }), 'attestation_challenge_mismatch'],
  [
    'that another app asked for',
    request({ requestPackageName: 'com.evil' }),
    'play_integrity_package_foreign',
  ],
  ['about another app', app({ packageName: 'com.evil' }), 'play_integrity_package_foreign'],
  [
    'of two minutes ago',
    request({ timestampMillis: `${at - 120_001}` }),
    'play_integrity_token_old',
  ],
  ['of the future', request({ timestampMillis: `${at + 60_001}` }), 'play_integrity_token_old'],
  ['without a time', request({ timestampMillis: undefined }), 'play_integrity_token_old'],
  [
    'of a changed app',
    app({ appRecognitionVerdict: 'UNRECOGNIZED_VERSION' }),
    'play_integrity_app_unrecognised',
  ],
  [
    'whose app nobody evaluated',
    app({ appRecognitionVerdict: 'UNEVALUATED' }),
    'play_integrity_app_unrecognised',
  ],
  [
    'of an app signed by someone else',
    app({ certificateSha256Digest: [randomBytes(32).toString('base64url')] }),
    'play_integrity_signer_foreign',
  ],
  [
    'of an app signed by nobody',
    app({ certificateSha256Digest: [] }),
    'play_integrity_signer_foreign',
  ],
  ['of an old app', app({ versionCode: '41' }), 'play_integrity_version_too_old'],
  ['of an app without version', app({ versionCode: undefined }), 'play_integrity_version_too_old'],
  ['of a phone of which Google says nothing', device(), 'play_integrity_device_unrecognised'],
  [
    'of a phone that meets one of two',
    device('MEETS_DEVICE_INTEGRITY'),
    'play_integrity_device_unrecognised',
  ],
  ['without licence', licensing('UNLICENSED'), 'play_integrity_app_unlicensed'],
  ['whose licence nobody evaluated', licensing('UNEVALUATED'), 'play_integrity_app_unlicensed'],
]
for (const [what, payload, code] of refused) {
  test(`a token ${what} is refused`, async () => {
    const result = await appraise(await integrityToken(payload))
    assert.deepEqual(failedCodes(result), [code])
    assert.equal(result.accepted, false)
  })
}

test('a token that was used before says nothing any more, and each check says so', async () => {
  const result = await appraise(
    await integrityToken({
      requestDetails,
      appIntegrity: { appRecognitionVerdict: 'UNEVALUATED' },
      deviceIntegrity: {},
      accountDetails: { appLicensingVerdict: 'UNEVALUATED' },
    }),
  )
  assert.deepEqual(failedCodes(result), [
    'play_integrity_app_unrecognised',
    'play_integrity_signer_foreign',
    'play_integrity_version_too_old',
    'play_integrity_device_unrecognised',
    'play_integrity_app_unlicensed',
  ])
})

test('UNEVALUATED is refused also where it is listed', async () => {
  const lenient: PlayIntegrityPolicy = {
    ...keys,
    appRecognition: ['UNEVALUATED'],
    appLicensing: ['UNEVALUATED'],
    deviceRecognition: [],
  }
  const payload = {
    requestDetails,
    appIntegrity: { appRecognitionVerdict: 'UNEVALUATED' },
    accountDetails: { appLicensingVerdict: 'UNEVALUATED' },
  }
  assert.deepEqual(
    failedCodes(await appraise(await integrityToken(payload), { policy: lenient })),
    ['play_integrity_app_unrecognised', 'play_integrity_app_unlicensed'],
  )
})

test('by default the app must be recognised and the phone must have integrity', async () => {
  const result = await appraise(await integrityToken({ requestDetails }), { policy: keys })
  assert.deepEqual(failedCodes(result), [
    'play_integrity_app_unrecognised',
    'play_integrity_device_unrecognised',
  ])
})

test('a classic request has a nonce, with or without padding', async () => {
  const classic = { requestHash: undefined }
  for (const nonce of [requestHash, `${requestHash}=`]) {
    const result = await appraise(await integrityToken(request({ ...classic, nonce })))
    assert.deepEqual(failedCodes(result), [])
  }
  const other = await appraise(await integrityToken(request({ ...classic, nonce: 'AAAA' })))
  assert.deepEqual(failedCodes(other), ['attestation_challenge_mismatch'])
})

const forged: readonly [string, () => Promise<string>, ReasonCode][] = [
  [
    'encrypted with another key',
    () => integrityToken(verdict, { encryptionKey: randomBytes(32) }),
    'play_integrity_decryption_failed',
  ],
  [
    'encrypted in another way',
    () => integrityToken(verdict, { encryptedHeader: { enc: 'A128GCM' } }),
    'play_integrity_decryption_failed',
  ],
  [
    'whose key was wrapped in another way',
    () => integrityToken(verdict, { encryptedHeader: { alg: 'A256GCMKW' } }),
    'play_integrity_decryption_failed',
  ],
  [
    'whose key was agreed on directly',
    () => integrityToken(verdict, { encryptedHeader: { alg: 'dir' } }),
    'attestation_malformed',
  ],
  [
    'that is compressed',
    () => integrityToken(verdict, { encryptedHeader: { zip: 'DEF' } }),
    'play_integrity_decryption_failed',
  ],
  [
    'signed by another key',
    () =>
      integrityToken(verdict, {
        signingKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      }),
    'play_integrity_signature_invalid',
  ],
  [
    'signed with another algorithm',
    () =>
      integrityToken(verdict, {
        signingKey: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
        signedHeader: { alg: 'ES384' },
      }),
    'play_integrity_signature_invalid',
  ],
  [
    'signed by nobody',
    () => {
      const parts = [JSON.stringify({ alg: 'none' }), JSON.stringify(verdict), '']
      const unsigned = parts.map((part) => Buffer.from(part).toString('base64url')).join('.')
      return encrypt(Buffer.from(unsigned))
    },
    'play_integrity_signature_invalid',
  ],
  [
    'with the verdict right inside',
    () => encrypt(Buffer.from(JSON.stringify(verdict))),
    'play_integrity_signature_invalid',
  ],
  ['about nothing', () => integrityToken([]), 'play_integrity_verdict_malformed'],
  ['in no JSON', () => integrityToken(Buffer.from('{')), 'play_integrity_verdict_malformed'],
  [
    'in no UTF-8',
    () => integrityToken(Buffer.from([0x22, 0xff])),
    'play_integrity_verdict_malformed',
  ],
  ['without details', () => integrityToken({}), 'play_integrity_verdict_malformed'],
  [
    'whose verdicts are no list',
    () => integrityToken({ ...verdict, deviceIntegrity: { deviceRecognitionVerdict: 'MEETS' } }),
    'play_integrity_verdict_malformed',
  ],
  [
    'whose time is no number',
    () => integrityToken(request({ timestampMillis: 'now' })),
    'play_integrity_verdict_malformed',
  ],
]
for (const [what, make, code] of forged) {
  test(`a token ${what} is refused, and nothing of it is looked at`, async () => {
    const result = await appraise(await make())
    assert.deepEqual(failedCodes(result), [code])
    const request = result.checks.find(({ name }) => name === 'request')
    assert.deepEqual([request?.outcome, request?.found], ['unchecked', 'not reached'])
  })
}

test('keys that are none refuse every token and say so', async () => {
  const token = await integrityToken()
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey
  for (const broken of [
    { decryptionKey: 'c2hvcnQ=' },
    { decryptionKey: '' },
    { verificationKey: 'c2hvcnQ=' },
    { verificationKey: rsa.export({ format: 'der', type: 'spki' }).toString('base64') },
  ]) {
    const result = await appraise(token, { policy: { ...policy, ...broken } })
    assert.deepEqual(failedCodes(result), ['play_integrity_decryption_failed'])
    assert.match(result.checks[2]?.found ?? '', /key of the policy/)
  }
  const without = await appraise(token, { policy: undefined })
  assert.deepEqual(failedCodes(without), ['play_integrity_not_configured'])
})

test('what is no JWE is malformed, and what is too large is not read', async () => {
  const token = await integrityToken()
  const parts = token.split('.')
  for (const text of [
    '',
    '....',
    'a.b.c',
    `${token}.`,
    `${token}.AAAA`,
    `${token}=`,
    ` ${token}`,
  ]) {
    const result = await appraise(text)
    assert.deepEqual(failedCodes(result), ['attestation_malformed'], text)
    assert.ok(result.checks.slice(1).every(({ outcome }) => outcome === 'unchecked'))
  }
  const large = await appraise([...parts.slice(0, 3), 'A'.repeat(20_000), parts[4]].join('.'))
  assert.deepEqual(failedCodes(large), ['attestation_too_large'])
})

test('as the device API carries it: closed, bound to challenge and key', async () => {
  const format = evidenceFormats['play-integrity']
  assert.ok(format !== undefined)
  assert.equal(format.role, 'signal')
  const [challenge, spki] = [randomBytes(32), randomBytes(91)]
  const bound = Buffer.from(
    await crypto.subtle.digest('SHA-256', enrollmentProofBase(challenge, spki)),
  ).toString('base64url')
  const token = await integrityToken(request({ requestHash: bound }))
  const context = {
    challenge,
    spki,
    at,
    trust: noTrust,
    policy: { playIntegrity: policy },
  }
  const codesOf = async (members: object, changes: object = {}) =>
    failedCodes(
      await format.appraise({ format: format.name, ...members }, { ...context, ...changes }),
    )
  assert.deepEqual(await codesOf({ token }), [])
  assert.deepEqual(await codesOf({ token }, { challenge: undefined }), [])
  assert.deepEqual(await codesOf({ token }, { spki: randomBytes(91) }), [
    'attestation_challenge_mismatch',
  ])
  assert.deepEqual(await codesOf({ token }, { policy: {} }), ['play_integrity_not_configured'])
  for (const members of [{}, { token: 7 }, { token, extra: '' }, { token: [token] }]) {
    assert.deepEqual(await codesOf(members), ['attestation_malformed'])
  }
})
