import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { defaultAndroidPhone } from '@sallyport/virtual-device'
import { devicePaths, enrollmentProofBase, fromBase64url } from '@sallyport/wire'
import { CompactEncrypt, CompactSign } from 'jose'
import {
  androidMembers,
  attestationRoot,
  attestedApp,
  deployAttested,
  enrollIos,
} from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import { makeKey, spkiOf, takeChallenge } from '../fixture/phone.ts'

const decryptionKey = randomBytes(32)
const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-play-'))
writeFileSync(path.join(directory, 'attestation-root.pem'), attestationRoot.pem)
writeFileSync(path.join(directory, 'decryption'), decryptionKey.toString('base64'))
writeFileSync(
  path.join(directory, 'verification'),
  signing.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
)

const appsWith = (mode: string) =>
  attestedApp({
    enrollment: 'signals: [play-integrity]',
    android: `playIntegrity: { mode: ${mode}, decryptionKeyFile: decryption, verificationKeyFile: verification }`,
  })
let deployment: Deployment
before(async () => {
  deployment = await deployAttested({ apps: appsWith('enforce'), directory })
})
after(() => deployment.close())

/** As Play makes it for a standard request. */
async function tokenFor(clientData: Uint8Array, recognition = 'MEETS_DEVICE_INTEGRITY') {
  const digest = Buffer.from(defaultAndroidPhone.signerDigest, 'hex').toString('base64url')
  const payload = {
    requestDetails: {
      requestPackageName: defaultAndroidPhone.packageName,
      requestHash: createHash('sha256').update(clientData).digest('base64url'),
      timestampMillis: String(Date.now()),
    },
    appIntegrity: {
      appRecognitionVerdict: 'PLAY_RECOGNIZED',
      packageName: defaultAndroidPhone.packageName,
      certificateSha256Digest: [digest],
      versionCode: '1',
    },
    deviceIntegrity: { deviceRecognitionVerdict: [recognition] },
    accountDetails: { appLicensingVerdict: 'LICENSED' },
  }
  const signed = await new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'ES256' })
    .sign(signing.privateKey)
  return new CompactEncrypt(Buffer.from(signed))
    .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM' })
    .encrypt(decryptionKey)
}

async function enrollWith(
  token: ((clientData: Uint8Array) => Promise<string>) | undefined,
): Promise<Awaited<ReturnType<Deployment['device']>>> {
  const key = makeKey()
  const challenge = await takeChallenge(deployment)
  const clientData = enrollmentProofBase(fromBase64url(challenge) ?? new Uint8Array(), spkiOf(key))
  const signals =
    token === undefined ? undefined : [{ format: 'play-integrity', token: await token(clientData) }]
  const body = { appId: 'wallet', ...androidMembers(key, challenge), signals }
  return deployment.device(devicePaths.certificates, { body })
}

const codesOf = async (requestId: string) => {
  const { body } = await deployment.admin(`/admin/v1/decisions/${requestId}`)
  return body.appraisals[0].failed.map(({ format, code }: Record<string, string>) => [format, code])
}

test('a verdict for this very challenge and key passes beside the attestation, and raises nothing', async () => {
  const answer = await enrollWith(tokenFor)
  assert.equal(
    answer.status,
    201,
    `${answer.text} ${JSON.stringify(await codesOf(answer.body.requestId ?? '').catch(() => []))}`,
  )
  assert.equal(answer.body.assurance, 'tee')
  const { body } = await deployment.admin(`/admin/v1/devices/${answer.body.deviceId}`)
  assert.deepEqual(
    body.appraisal.results.map(({ format }: { format: string }) => format),
    ['android-key', 'play-integrity'],
  )
})

test('without the signal that policy asks for an Android phone is refused, and an iPhone is not asked', async () => {
  const answer = await enrollWith(undefined)
  assert.equal(answer.body.code, 'evidence_refused')
  assert.deepEqual(await codesOf(answer.body.requestId), [
    ['play-integrity', 'attestation_signal_required'],
  ])
  assert.equal((await enrollIos(deployment)).status, 201)
})

test('a verdict for another request, and one that says too little, are refused', async () => {
  for (const token of [
    () => tokenFor(randomBytes(32)),
    (clientData: Uint8Array) => tokenFor(clientData, 'MEETS_BASIC_INTEGRITY'),
    () => Promise.resolve('not a token'),
  ]) {
    const answer = await enrollWith(token)
    assert.equal(answer.body.code, 'evidence_refused', answer.text)
    const [[format]] = await codesOf(answer.body.requestId)
    assert.equal(format, 'play-integrity')
  }
})

test('in mode shadow of the signal, what it would refuse is noted while the attestation is enforced', async () => {
  await deployment.restart({ apps: appsWith('shadow') })
  const answer = await enrollWith(undefined)
  assert.equal(answer.status, 201, answer.text)
  const { body } = await deployment.admin(`/admin/v1/devices/${answer.body.deviceId}`)
  assert.equal(body.appraisal.outcome, 'shadowed')
  assert.deepEqual(
    body.device.shadow.map(({ code }: { code: string }) => code),
    ['attestation_signal_required'],
  )
})
