import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { newId, toBase64url } from '@sallyport/wire'
import pino from 'pino'
import { compareSigned } from '../../../src/signer/compare/compare-signed.ts'
import { SignerClient } from '../../../src/signer/process/signer-client.ts'
import { type RunningSigner, startSigner } from '../../../src/signer/process/start-signer.ts'
import { type RunningAuthority, startAuthority } from '../../../src/start-authority.ts'
import { openEngine } from '../../../src/store/store.ts'
import { layOut, passphrase } from '../../fixture/deployment.ts'
import { httpCall } from '../../fixture/http-call.ts'
import { enroll } from '../../fixture/phone.ts'
import { certificateIn, newSpki } from '../../fixture/signer.ts'
import { storeIn } from '../../fixture/store-place.ts'

const perHour = 12
const secret = 'of signer and authority'
const environment = { SALLYPORT_PASSPHRASE: passphrase }
const log = pino({ level: 'silent' })
const dayMs = 86_400_000

let laid: Awaited<ReturnType<typeof layOut>>
let signing: RunningSigner
let client: SignerClient
let authority: RunningAuthority

before(async () => {
  laid = await layOut({ authority: `  signer: { certificatesPerHour: ${perHour} }` })
  await start()
})
after(async () => {
  await stop()
  rmSync(laid.directory, { recursive: true, force: true })
})

async function start(): Promise<void> {
  const { directory, config } = laid
  signing = await startSigner({ log, directory, environment, readConfig: () => config, secret })
  client = new SignerClient({ socket: signing.socket, secret })
  const { signer } = client
  authority = await startAuthority(config, { log, directory, version: '0.0.0-test', signer })
}

async function stop(): Promise<void> {
  await authority.close()
  await client.close()
  await signing.close()
}

const compare = (since?: number) =>
  compareSigned(storeIn(laid.directory), {
    directories: [path.join(laid.directory, 'keys', 'signed')],
    keepMs: 30 * dayMs,
    now: Date.now(),
    settleMs: 10,
    ...(since === undefined ? {} : { since }),
  })

const admin = (at: string, body?: object) =>
  httpCall(authority.addresses.admin + at, {
    ca: laid.caPem,
    headers: { authorization: `Bearer ${laid.adminToken}` },
    ...(body === undefined ? {} : { body }),
  })

/** A CA or a root of the store, as the signer is told of it. */
async function referenceOf(table: 'issuers' | 'roots', kind: 'development' | 'service') {
  const engine = await openEngine(storeIn(laid.directory))
  try {
    const { key_name: keyName, certificate } = await engine.read
      .selectFrom(table)
      .select(['key_name', 'certificate'])
      .where('kind', '=', kind as 'development')
      .executeTakeFirstOrThrow()
    return { keyName, certificate: toBase64url(certificate) }
  } finally {
    await engine.close()
  }
}

/** What an authority does that was taken over: it asks the signer, and records nothing. */
async function signSecretly() {
  const made = await client.signer.deviceCertificate({
    issuer: await referenceOf('issuers', 'development'),
    spki: await newSpki(),
    deviceId: newId('device'),
    assurance: 'unattested',
    predecessors: [],
  })
  return certificateIn(made)
}

test('what was enrolled is in both, and what was signed in secret is told until gateways refuse it', async () => {
  const device = (at: string, call = {}) =>
    httpCall(authority.addresses.device + at, { ca: laid.caPem, ...call })
  await enroll({ device })
  const clean = await compare()
  assert.deepEqual([clean.unrecorded, clean.unsigned, clean.journals[0]?.faults], [[], [], []])
  assert.equal(clean.journals[0]?.records, 1)

  const { thumbprint, notAfter } = await signSecretly()
  const found = await compare()
  assert.deepEqual(
    found.unrecorded.map(({ kind, sha256, until }) => [kind, sha256, until]),
    [['device', thumbprint, notAfter]],
  )

  const body = { certificates: [{ thumbprint, notAfter: new Date(notAfter).toISOString() }] }
  const refused = await admin('/admin/v1/certificates/refuse', body)
  assert.deepEqual([refused.status, refused.body.refused], [200, 1], refused.text)
  const again = await admin('/admin/v1/certificates/refuse', body)
  assert.deepEqual([again.body.refused, again.body.already], [0, 1])
  const settled = await compare()
  assert.deepEqual([settled.unrecorded, settled.refused], [[], 1])
})

test('a certificate of a gateway, and a list with a number to come, are told: nobody asks a running signer for them', async () => {
  const { signer } = client
  const root = await referenceOf('roots', 'service')
  const gateway = await signer.gatewayCertificate({
    root,
    spki: await newSpki(),
    name: 'gateway-1',
    days: 1,
  })
  await signer.revocationList({
    issuer: await referenceOf('issuers', 'development'),
    number: 1_000_000,
    thisUpdate: Date.now(),
    nextUpdate: Date.now() + dayMs,
    entries: '',
  })
  const { unrecorded } = await compare()
  assert.deepEqual(
    unrecorded.map(({ kind, ca, serial }) => [kind, ca, serial]),
    [
      ['gateway', 'service-root', certificateIn(gateway).serial],
      ['list', 'development-ca-wallet-1', '1000000'],
    ],
  )
})

test('what the registry has and no journal is told, where every journal was kept by then', async () => {
  const directory = path.join(laid.directory, 'keys', 'signed')
  const later = Date.now() + 10 * 60_000
  const look = () =>
    compareSigned(storeIn(laid.directory), {
      directories: [directory],
      keepMs: 30 * dayMs,
      now: later,
      settleMs: 10,
    })
  assert.deepEqual((await look()).unsigned, [])
  const engine = await openEngine(storeIn(laid.directory))
  const issued = Date.now() + 120_000
  await engine.alone(async (tx) => {
    const row = await tx.selectFrom('certificates').selectAll().executeTakeFirstOrThrow()
    const other = { ...row, thumbprint: 'z'.repeat(43), serial: 'ff', issued_at: issued }
    await tx.insertInto('certificates').values(other).execute()
  })
  await engine.close()
  assert.deepEqual(
    (await look()).unsigned.map(({ kind, thumbprint }) => [kind, thumbprint]),
    [['device', 'z'.repeat(43)]],
  )
})

test('the bound of an hour holds over restarts of the signer', async () => {
  // All that was signed but the list.
  let signed = ((await compare()).journals[0]?.records ?? 0) - 1
  const isFull = (error: unknown) => {
    assert.ok(isProblem(error) && error.code === 'signer_rate_exceeded', String(error))
    return true
  }
  while (signed < perHour - 1) {
    await signSecretly()
    signed++
    if (signed % 3 === 0) {
      await stop()
      await start()
    }
  }
  await signSecretly()
  await assert.rejects(signSecretly(), isFull)
  await stop()
  await start()
  await assert.rejects(signSecretly(), isFull)
})
