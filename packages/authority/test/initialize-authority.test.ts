import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import { isProblem, type ReasonCode } from '@sallyport/problem'
import pino from 'pino'
import { initializeAuthority } from '../src/initialize-authority.ts'
import { startAuthority } from '../src/start-authority.ts'
import { openStore } from '../src/store/store.ts'
import { developmentApp } from './fixture/apps.ts'
import { layOut, passphrase, readTestConfig, trustDomain } from './fixture/deployment.ts'
import { rowsOf } from './fixture/old-store.ts'
import { isPostgres, storeConfig, storeIn, withStore } from './fixture/store-place.ts'
import { onlyInFiles } from './fixture/token-place.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-initialize-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const initialize = () =>
  initializeAuthority({
    trustDomain,
    apps: { wallet: { insecureDevelopmentDevices: false } },
    keysDirectory: path.join(directory, 'keys'),
    passphrase,
    store: storeIn(directory),
    now: Date.now(),
    scryptCost: { N: 2 ** 14, r: 8, p: 1 },
  })

const isCode = (code: ReasonCode) => (error: unknown) => isProblem(error) && error.code === code

const start = (environment: Record<string, string>, config = configOf(developmentApp)) =>
  startAuthority(config, {
    log: pino({ level: 'silent' }),
    directory,
    version: '0.0.0-test',
    environment,
  })
const configOf = (apps: string) => readTestConfig(directory, apps)

test('an authority begins with its roots, and a development root only where it is asked for', async () => {
  const initialized = await initialize()
  await initialized.close()
  const [service] = certificatesFromPem(initialized.serviceRootPem)
  const [device] = certificatesFromPem(initialized.deviceRootPem)
  assert.ok(service?.isCa && device?.isCa)
  assert.notEqual(service.spkiSha256, device.spkiSha256)
  assert.equal(initialized.developmentRootPem, undefined)
  assert.deepEqual(readdirSync(path.join(directory, 'keys')).sort(), [
    'checkpoint-key-1.key.json',
    'device-ca-wallet-1.key.json',
    'device-root.key.json',
    'feed-key-1.key.json',
    'service-root.key.json',
  ])
})

test('neither the store nor the keys hold a private key or the first token in the clear', async () => {
  const initialized = await initialize()
  await initialized.close()
  const keyFiles = readdirSync(path.join(directory, 'keys')).map((name) => `keys/${name}`)
  const rows = await withStore(directory, ({ read }) => rowsOf(read))
  const bytes = [...rows.values()].flat().flatMap(Object.values).map(String)
  assert.ok(!bytes.some((text) => text.includes(initialized.adminToken.slice(31))))
  for (const file of isPostgres ? keyFiles : ['sallyport.db', ...keyFiles]) {
    const { mode } = statSync(path.join(directory, file))
    const text = readFileSync(path.join(directory, file), 'latin1')
    assert.equal(mode & 0o077, 0, file)
    assert.ok(!text.includes('PRIVATE KEY') && !text.includes(passphrase), file)
    assert.ok(!text.includes(initialized.adminToken.slice(31)), file)
  }
})

test('a second initialization changes nothing', async () => {
  await (await initialize()).close()
  await assert.rejects(initialize(), isCode('config_invalid'))
})

test('an initialization that was cut short is finished by the next', async () => {
  await (await initialize()).close()
  const store = await openStore(storeIn(directory))
  await store.write(async (tx) => {
    await tx.deleteFrom('settings').execute()
    await tx.deleteFrom('issuers').execute()
    await tx.deleteFrom('roots').where('kind', '=', 'device').execute()
  })
  await store.close()
  const initialized = await initialize()
  const identity = await initialized.makeServerIdentity(['localhost'])
  await initialized.close()
  assert.match(identity.certificatePem, /BEGIN CERTIFICATE/)
})

test('an authority does not start without a passphrase, or with another one', {
  skip: onlyInFiles('a token is opened by its PIN') ?? false,
}, async () => {
  await layOut({ directory })
  await assert.rejects(start({}), isCode('key_passphrase_required'))
  await assert.rejects(start({ SALLYPORT_PASSPHRASE: 'another' }), isCode('key_passphrase_wrong'))
})

test('an authority does not start over a store that was never initialized, or of another trust domain', async () => {
  await layOut({ directory })
  const empty = { ...configOf(developmentApp), store: storeConfig(directory, 'elsewhere.db') }
  await assert.rejects(start({ SALLYPORT_PASSPHRASE: passphrase }, empty), isCode('config_invalid'))
  const other = { ...configOf(developmentApp), trustDomain: 'other.example' }
  await assert.rejects(start({ SALLYPORT_PASSPHRASE: passphrase }, other), isCode('config_invalid'))
})
