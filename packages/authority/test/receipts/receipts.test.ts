import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { devicePaths } from '@sallyport/wire'
import pino from 'pino'
import { checkConfig } from '../../src/config/check-config.ts'
import { readReceiptTeams } from '../../src/receipts/receipt-teams.ts'
import {
  type Apple,
  developerKey,
  developerPem,
  type IosKey,
  keyId,
  newIosKey,
  receiptFor,
  refuse,
  startApple,
  teamId,
} from '../fixture/apple-receipts.ts'
import {
  assertedRenewal,
  attestationRoot,
  attestedApp,
  enrollAndroid,
  enrollIos,
} from '../fixture/attested-phone.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy, readTestConfig } from '../fixture/deployment.ts'
import { phoneOf } from '../fixture/phone.ts'
import { refresh, trustStatus, until } from '../fixture/watched.ts'

const clock = movableClock()
const logged: string[] = []
const log = pino(
  { level: 'debug' },
  new Writable({
    write: (line, _, done) => {
      logged.push(String(line))
      done()
    },
  }),
)
const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-receipts-'))
const offline = 'android: { rootsUrl: off, statusListUrl: off, whenTooOld: allow }'
const roots = 'insecureDevelopmentRoots: [attestation-root.pem]'
const withReceipts = (receipts: string): string =>
  `{ ${offline}, ${roots}, apple: { receipts: [${receipts}] } }`
const team = (more = ''): string =>
  `{ teamId: ${teamId}, keyId: ${keyId}, keyFile: AuthKey.p8, ${more} }`
const apps = attestedApp()

let apple: Apple
let deployment: Deployment
before(async () => {
  apple = await startApple(clock.now)
  writeFileSync(path.join(directory, 'attestation-root.pem'), attestationRoot.pem)
  writeFileSync(path.join(directory, 'AuthKey.p8'), developerPem, { mode: 0o600 })
  const attestation = withReceipts(
    team(`productionUrl: '${apple.url}/v1', maxRiskMetric: 4, onRisk: suspend`),
  )
  deployment = await deploy({ apps, attestation, directory, now: clock.now, log })
})
after(async () => {
  await deployment.close()
  await apple.close()
})

const newer =
  (key: IosKey, riskMetric: number): Parameters<Apple['answers']>[0] =>
  (_, response) =>
    void response
      .writeHead(200)
      .end(receiptFor(key, { at: clock.now(), riskMetric }).toString('base64'))
const detailOf = async (deviceId: string) =>
  (await deployment.admin(`/admin/v1/devices/${deviceId}`)).body

type Iphone = Awaited<ReturnType<typeof iphone>>
async function iphone() {
  const { key, appAttestKey, body, text } = await enrollIos(deployment, { at: clock.now() })
  assert.ok(body.deviceId, text)
  const deviceId: string = body.deviceId
  return { deviceId, key: newIosKey(appAttestKey), appAttestKey, phone: phoneOf(key, body) }
}

/** Development certificates end after a day: the phone renews at noon. */
async function aDayLater({ appAttestKey, phone }: Iphone): Promise<void> {
  clock.move(0.5)
  const body = await assertedRenewal(deployment, { key: phone.key, appAttestKey, counter: 1 })
  const answer = await deployment.device(devicePaths.renewals, { body, ...phone.tls })
  assert.equal(answer.status, 201, answer.text)
  clock.move(0.51)
}

test('an iPhone is refreshed a day after it enrolled, and suspended for what Apple says', async () => {
  const phone = await iphone()
  const { deviceId, key } = phone
  const { appAttestKey } = await detailOf(deviceId)
  assert.equal(appAttestKey.keyId, key.keyId)
  assert.equal(appAttestKey.riskMetric, null)
  assert.equal(
    Date.parse(appAttestKey.receiptDueAt) - Date.parse(appAttestKey.receiptAt),
    86_400_000,
  )
  await refresh(deployment)
  assert.equal(apple.asked.length, 0)
  await aDayLater(phone)
  assert.equal((await trustStatus(deployment)).receipts[0].due, 1)
  assert.match((await deployment.operations('/metrics')).text, /receipts_lag_seconds\{.*"\} [1-9]/)
  apple.answers(newer(key, 5))
  await refresh(deployment)
  await until(async () => (await detailOf(deviceId)).device.status === 'suspended')
  const detail = await detailOf(deviceId)
  assert.match(detail.device.statusReason, /5 App Attest keys in 30 days, more than 4/)
  assert.equal(detail.appAttestKey.riskMetric, 5)
  assert.equal(detail.appAttestKey.riskEffect, 'suspended')
  assert.ok(Date.parse(detail.appAttestKey.receiptExpiresAt) > clock.now() + 89 * 86_400_000)
  const [production, development] = (await trustStatus(deployment)).receipts
  assert.deepEqual(
    [production.teamId, production.environment, production.due, production.atRisk],
    [teamId, 'production', 0, 1],
  )
  assert.equal(development.environment, 'development')
  const metrics = (await deployment.operations('/metrics')).text
  assert.match(metrics, /receipts_total\{outcome="refreshed"\} 1\n/)
  assert.match(metrics, /device_risks_total\{effect="suspended"\} 1\n/)
})

test('what Apple refuses is told in the status until it is over', async () => {
  const phone = await iphone()
  const { deviceId, key } = phone
  await aDayLater(phone)
  apple.answers(refuse(500))
  await refresh(deployment)
  await until(async () => (await trustStatus(deployment)).problems.length === 1)
  const [problem] = (await trustStatus(deployment)).problems
  assert.deepEqual([problem.code, problem.about], ['app_attest_refresh_failed', 'receipts'])
  assert.match(problem.detail, new RegExp(`team ${teamId}, production: asked http`))
  assert.match(
    (await deployment.operations('/metrics')).text,
    /receipts_failures\{.*"production"\} 1\n/,
  )
  apple.answers(newer(key, 1))
  clock.moveMinutes(121)
  await refresh(deployment)
  await until(async () => (await detailOf(deviceId)).appAttestKey.riskMetric === 1)
  assert.deepEqual((await trustStatus(deployment)).problems, [])
})

test('another configuration is taken up with its key, or not at all', async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  writeFileSync(
    path.join(directory, 'other.p8'),
    other.export({ type: 'pkcs8', format: 'pem' }).toString(),
  )
  const phone = await iphone()
  const { deviceId, key } = phone
  await aDayLater(phone)
  const take = (receipts: string) =>
    deployment.authority.reload(readTestConfig(directory, apps, withReceipts(receipts)))
  const url = `productionUrl: '${apple.url}/v2'`
  await take(`{ teamId: ${teamId}, keyId: ${keyId}, keyFile: other.p8, ${url} }`)
  const codes = async () =>
    (await trustStatus(deployment)).problems.map(({ code }: { code: string }) => code)
  await until(async () => (await codes()).includes('app_attest_refresh_unauthorized'))
  await assert.rejects(take(`{ teamId: ${teamId}, keyId: ${keyId}, keyFile: none.p8, ${url} }`), {
    code: 'config_unreadable',
  })
  apple.answers(newer(key, 2))
  clock.moveMinutes(121)
  await take(team(url))
  await until(async () => (await detailOf(deviceId)).appAttestKey.riskMetric === 2)
  assert.equal(apple.asked.at(-1)?.path, '/v2')
  await take('')
  assert.deepEqual((await trustStatus(deployment)).receipts, [])
})

test('a phone without an App Attest key has none to show', async () => {
  const { body } = await enrollAndroid(deployment, { at: clock.now() })
  assert.equal((await detailOf(body.deviceId)).appAttestKey, null)
})

test('the key of the developer account is never logged', () => {
  const secret = developerKey.privateKey.export({ format: 'jwk' }).d ?? ''
  const [, middle = ''] = developerPem.split('\n')
  assert.ok(logged.length > 0)
  assert.ok(logged.every((line) => !line.includes(secret) && !line.includes(middle)))
})

const keyFiles: Readonly<Record<string, [text: string, found: RegExp]>> = {
  'is missing': ['', /ENOENT/],
  'holds no PEM': ['AuthKey', /./],
  'holds a public key': [
    developerKey.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    /./,
  ],
  'holds a key of another curve': [
    generateKeyPairSync('ec', { namedCurve: 'P-384' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
    /secp384r1/,
  ],
  'holds a key of another kind': [
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    /ed25519/,
  ],
}
for (const [what, [text, found]] of Object.entries(keyFiles)) {
  test(`a key file that ${what} is refused by its name and place`, () => {
    const keyFile = `${what.replaceAll(' ', '-')}.p8`
    if (text !== '') writeFileSync(path.join(directory, keyFile), text)
    const entry = `{ teamId: ${teamId}, keyId: ${keyId}, keyFile: ${keyFile} }`
    const config = readTestConfig(directory, apps, withReceipts(entry))
    assert.throws(
      () => readReceiptTeams(directory, config),
      (error) => {
        assert.ok(isProblem(error))
        assert.equal(error.code, 'config_unreadable')
        assert.equal(error.pointer, '/attestation/apple/receipts/0/keyFile')
        const said = `${error.detail} ${error.found}`
        assert.ok(said.includes(keyFile))
        assert.match(said, found)
        return true
      },
    )
  })
}

const faults: Readonly<Record<string, [receipts: string, pointer: string]>> = {
  'of a team that no app is of': [
    `{ teamId: ZZZZZ99999, keyId: ${keyId}, keyFile: AuthKey.p8 }`,
    '/0/teamId',
  ],
  'of a team that has one already': [`${team()}, ${team()}`, '/1/teamId'],
  'that suspends and never says when': [team('onRisk: suspend'), '/0/onRisk'],
}
for (const [what, [receipts, pointer]] of Object.entries(faults)) {
  test(`an entry ${what} is refused`, () => {
    const config = readTestConfig(directory, apps, withReceipts(receipts))
    assert.throws(() => checkConfig(config), {
      code: 'config_invalid',
      pointer: `/attestation/apple/receipts${pointer}`,
    })
  })
}

for (const address of [
  'http://data.appattest.apple.com/v1',
  'https://user:word@example.com/',
  'off',
]) {
  test(`receipts are not sent to ${address}`, () => {
    const entry = withReceipts(team(`productionUrl: '${address}'`))
    assert.throws(() => readTestConfig(directory, apps, entry), { code: 'config_invalid' })
  })
}
