import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem } from '@sallyport/problem'
import { createSigningRequest, parseCertificate, toPem } from '@sallyport/pki'
import {
  androidKeyEvidence,
  type AttestationBatch,
  defaultAndroidPhone,
  type DevelopmentRoot,
  makeAttestationBatch,
  openDevelopmentRoot,
  quietPorts,
} from '@sallyport/virtual-device'
import { devicePaths, fromBase64url, type IssuedCertificate, toBase64url } from '@sallyport/wire'
import { parse, stringify } from 'yaml'
import { createAdminClient } from '../../src/admin/admin-client.ts'
import { endLeftOver, sallyport } from '../sallyport.ts'
import { startBalancer } from './balancer.ts'
import { ask, open, type Place } from './connection.ts'
import { type EditedFile, type Identity, type LaidOut, layOutEdited } from './edited-development.ts'
import { type EnrollmentKey, post } from './enrollment.ts'
import { postgresIsMissing, startCluster } from './postgres.ts'
import { endLeftOverRoles, type RoleProcess, startRole } from './role-process.ts'
import { startSecondGateway } from './second-gateway.ts'
import { startService } from './service.ts'

after(() => {
  endLeftOverRoles()
  endLeftOver()
})

const isWhole = process.env['SALLYPORT_CONFORMANCE'] === '1'
const seconds = isWhole ? 60 : 16
const perSecond = isWhole ? Number(process.env['SALLYPORT_ENROLLMENTS_PER_SECOND'] ?? 60) : 10
const killEveryMs = 5_000
const revokeEveryMs = 500
const authorities = 3

/** What one phone sent and was answered. */
type Enrolled = Identity & {
  readonly body: object
  readonly deviceId: string
  readonly leaf: string
  readonly serial: string
}

/** What clients met that was no answer. */
type Trouble = { dropped: number; refused: Map<string, number> }

test(`three authorities on one PostgreSQL: one is killed every five seconds for ${seconds} s, the database is restarted, and nothing that was answered is lost`, {
  skip: postgresIsMissing(),
  timeout: 400_000,
}, async (t) => {
  if (!isWhole) t.diagnostic('60 enrolments a second for a minute with SALLYPORT_CONFORMANCE=1')
  const cluster = await startCluster()
  t.after(() => cluster.close())
  const service = await startService()
  t.after(() => service.close())
  const dev = await layOutEdited(({ gateway, apps }: EditedFile & { apps?: unknown }) => {
    gateway.upstreams['sample'] = { targets: [service.url] }
    const limits = {
      perAddressPerHour: 1_000_000,
      perBatchPerDay: { factory: 1_000_000, remote: 1_000_000 },
    }
    Object.assign((apps as { demo: { enrollment: object } }).demo.enrollment, {
      evidence: ['android-key'],
      limits,
    })
  })
  const files = await configureAuthorities(dev, cluster)
  await moveStore(dev, files[0] as AuthorityFile)
  const device = await startBalancer(files.map(({ ports }) => ports.device))
  const admin = await startBalancer(files.map(({ ports }) => ports.admin))
  t.after(() => {
    device.close()
    admin.close()
  })
  const start = ({ file, ports }: AuthorityFile) =>
    startRole('authority', file, `127.0.0.1:${ports.operations}`)
  const running: RoleProcess[] = []
  for (const file of files) running.push(await start(file))
  const adminUrl = `https://localhost:${admin.port}`
  const follow = (config: EditedFile) => Object.assign(config.gateway.authority, { url: adminUrl })
  const places = await startGateways(t, dev, follow)

  const phones = phonesOf(dev, `https://localhost:${device.port}`, seconds * perSecond)
  const outages: { from: number; to: number }[] = []
  const state = { isOver: false }
  t.after(() => {
    state.isOver = true
  })
  const killing = (async () => {
    for (let round = 0; !state.isOver; round++) {
      await sleep(killEveryMs)
      if (state.isOver) break
      const at = round % authorities
      await running[at]?.kill()
      running[at] = await start(files[at] as AuthorityFile)
    }
  })()
  const restarting = (async () => {
    await sleep((seconds * 1_000) / 2 + 1_500)
    const from = performance.now()
    await cluster.stop('SIGINT')
    await sleep(500)
    await cluster.start()
    // Each authority connects again, and each gateway hears it again.
    outages.push({ from: from - 1_000, to: performance.now() + 5_000 })
  })()
  const revocations = revokeNowAndThen({ dev, adminUrl, phones, places, state })
  const startedAt = performance.now()
  const work: Promise<void>[] = []
  for (let count = 0; count < seconds * perSecond; count++) {
    const due = startedAt + (count * 1_000) / perSecond
    await sleep(Math.max(0, due - performance.now()))
    work.push(phones.enroll())
  }
  await Promise.all(work)
  const took = (performance.now() - startedAt) / 1_000
  state.isOver = true
  await Promise.all([killing, restarting])
  const revoked = await revocations

  const { answered, trouble } = phones
  assert.equal(answered.length, seconds * perSecond, 'every phone was answered in the end')
  const serials = new Set(answered.map(({ serial }) => serial))
  assert.equal(serials.size, answered.length, 'no serial number repeats')
  // The same message again, whichever authority answers: the same certificate.
  const ended = new Set(revoked.map(({ deviceId }) => deviceId))
  const sample = answered.filter(({ deviceId }) => !ended.has(deviceId)).slice(-50)
  for (const one of sample) assert.equal((await phones.again(one)).leaf, one.leaf)
  // What was answered is in the registry: each device is there with its certificate.
  const client = createAdminClient({
    url: adminUrl,
    ca: readFileSync(dev.facts.caFile, 'utf8'),
    token: readFileSync(dev.facts.adminTokenFile, 'utf8').trim(),
  })
  for (const { deviceId: id, serial } of answered) {
    const { certificates } = await patiently(() => client.call('getDevice', { path: { id } }))
    assert.ok(
      certificates.some((one) => one.serial === serial),
      id,
    )
  }
  const config = (files[0] as AuthorityFile).file
  const audit = await sallyport(['audit', 'verify', '--config', config])
  assert.equal(audit.code, 0, audit.stderr)

  const isOutside = ({ at }: Revoked) => !outages.some(({ from, to }) => at >= from && at <= to)
  const times = revoked.filter(isOutside).flatMap(({ tookMs }) => tookMs)
  const sorted = times.toSorted((a, b) => a - b)
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY
  t.diagnostic(
    `0 lost, ${answered.length - serials.size} serials doubled; ${answered.length} enrolments in ${took.toFixed(1)} s (${(answered.length / took).toFixed(0)}/s), ` +
      `${trouble.dropped} connections dropped, refused ${JSON.stringify(Object.fromEntries(trouble.refused))}`,
  )
  const inside = revoked.filter((one) => !isOutside(one))
  for (const [which, some] of Object.entries({ outside: revoked.filter(isOutside), inside })) {
    for (const gateway of places.keys()) {
      const took = some.map(({ tookMs }) => tookMs[gateway] ?? Number.POSITIVE_INFINITY)
      t.diagnostic(
        `gateway ${gateway + 1}, ${which} the outage of the database: ${timesText(took)}`,
      )
    }
  }
  assert.ok(times.length >= 10, 'revocations were measured')
  assert.ok(
    p99 <= 1_000,
    `every gateway holds a revocation within a second: p99 ${p99.toFixed(0)} ms`,
  )
  for (const each of running) await each.end()
})

/** Thousands of questions in a row are more than one address may ask. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      if (!isProblem(error) || error.code !== 'too_many_requests' || tries === 60) throw error
      await sleep(500)
    }
  }
}

function timesText(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(0)
  return `${sorted.length} revocations, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms after the answer`
}

type AuthorityFile = {
  readonly file: string
  readonly ports: { readonly device: number; readonly admin: number; readonly operations: number }
}

/** A configuration for each authority: ports, name and signer of its own, one store. */
async function configureAuthorities(
  dev: LaidOut,
  { directory: host, port }: { directory: string; port: number },
): Promise<AuthorityFile[]> {
  const { configFile } = dev.facts
  const directory = path.dirname(configFile)
  const files: AuthorityFile[] = []
  for (let number = 1; number <= authorities; number++) {
    const [device, admin, operations] = (await quietPorts(3)) as [number, number, number]
    const config = parse(readFileSync(configFile, 'utf8'))
    config.store = { postgres: { host, port, database: 'sallyport', user: 'postgres' } }
    config.authority.name = `authority-${number}`
    // More devices are revoked than one person may in an hour.
    config.authority.admin = { insecureSinglePerson: true }
    config.authority.listeners.device.listen = `127.0.0.1:${device}`
    config.authority.listeners.admin.listen = `127.0.0.1:${admin}`
    config.authority.listeners.operations.listen = `127.0.0.1:${operations}`
    const sockets = path.join(directory, `signer-${number}`)
    mkdirSync(sockets, { mode: 0o700 })
    config.authority.signer = { socket: path.join(sockets, 'signer.sock') }
    config.admin.url = `https://localhost:${admin}`
    const file = path.join(directory, `authority-${number}.yaml`)
    writeFileSync(file, stringify(config))
    files.push({ file, ports: { device, admin, operations } })
  }
  return files
}

/** What the development deployment began with goes on in PostgreSQL. */
async function moveStore(dev: LaidOut, to: AuthorityFile): Promise<void> {
  const args = ['store', 'copy', to.file, '--config', dev.facts.configFile]
  const copied = await sallyport(args)
  assert.equal(copied.code, 0, copied.stderr)
}

async function startGateways(
  t: { after(work: () => Promise<void>): void },
  dev: LaidOut,
  edit: (config: EditedFile) => void,
): Promise<Place[]> {
  const ca = readFileSync(dev.facts.caFile, 'utf8')
  const places: Place[] = []
  for (const name of ['gateway-2', 'gateway-3']) {
    const { port, end } = await startSecondGateway(dev, edit, name)
    t.after(end)
    places.push({ port, host: 'localhost', ca })
  }
  return places
}

/** Phones that enrol until they are answered, and what they met. */
function phonesOf(dev: LaidOut, authority: string, count: number) {
  // A phone makes its key by itself: here they are made before the clock starts, and take nobody's processor.
  const keys = Array.from({ length: count }, () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  )
  const ca = readFileSync(dev.facts.caFile)
  const root = openDevelopmentRoot(path.join(path.dirname(dev.facts.configFile), 'certificates'))
  const batch = makeAttestationBatch({ ...defaultAndroidPhone, root, at: Date.now() })
  const answered: Enrolled[] = []
  const trouble: Trouble = { dropped: 0, refused: new Map() }
  const send = (url: string, body: object) => untilAnswered(url, body, { ca, trouble })
  const read = (body: object, issued: IssuedCertificate, key: string): Enrolled => {
    const [leaf = ''] = issued.certificates
    const ders = issued.certificates.map((der) => fromBase64url(der) ?? new Uint8Array())
    const { serial } = parseCertificate(ders[0] ?? new Uint8Array())
    const cert = ders.map((der) => toPem('CERTIFICATE', der)).join('')
    return { body, deviceId: issued.deviceId, leaf, serial, cert, key }
  }
  return {
    answered,
    trouble,
    async enroll(): Promise<void> {
      const key = keys.pop() ?? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const asked = await send(authority + devicePaths.challenges, {
        appId: 'demo',
        purpose: 'enroll',
      })
      const body = enrollmentOf(key, String(asked['challenge']), { root, batch })
      const issued = (await send(
        authority + devicePaths.certificates,
        body,
      )) as unknown as IssuedCertificate
      const pem = String(key.privateKey.export({ format: 'pem', type: 'pkcs8' }))
      answered.push(read(body, issued, pem))
    },
    async again({ body, key }: Enrolled): Promise<Enrolled> {
      const issued = await send(authority + devicePaths.certificates, body)
      return read(body, issued as unknown as IssuedCertificate, String(key))
    },
  }
}

function enrollmentOf(
  key: EnrollmentKey,
  challenge: string,
  { root, batch }: { root: DevelopmentRoot; batch: AttestationBatch },
): object {
  const spki = key.publicKey.export({ format: 'der', type: 'spki' })
  return {
    appId: 'demo',
    challenge,
    csr: toBase64url(createSigningRequest(key)),
    evidence: androidKeyEvidence({
      root,
      batch,
      challenge: fromBase64url(challenge) ?? new Uint8Array(),
      spki,
    }),
    platform: 'android',
    appVersion: '1.0.0',
    deviceModel: 'Virtual phone',
  }
}

/** The body of the answer, after whatever may be tried again. */
async function untilAnswered(
  url: string,
  body: object,
  { ca, trouble, headers = {} }: { ca: Buffer; trouble: Trouble; headers?: Record<string, string> },
): Promise<Record<string, unknown>> {
  const deadline = performance.now() + 60_000
  for (;;) {
    // A connection for each, so that the balancer has something to choose.
    const agent = new https.Agent({ ca })
    const answer = await post(url, body, agent, headers).catch(() => undefined)
    agent.destroy()
    if (answer?.status === 200 || answer?.status === 201) return answer.body
    if (answer === undefined) trouble.dropped++
    else {
      const code = String(answer.body['code'])
      assert.equal(answer.body['retryable'], true, JSON.stringify(answer))
      trouble.refused.set(code, (trouble.refused.get(code) ?? 0) + 1)
    }
    assert.ok(performance.now() < deadline, `${url} is not answered`)
    await sleep(100 + Math.random() * 200)
  }
}

/** A device that was revoked, when that was answered, and how long each gateway took until it refused. */
type Revoked = {
  readonly deviceId: string
  readonly at: number
  readonly tookMs: readonly number[]
}

async function revokeNowAndThen(facts: {
  dev: LaidOut
  adminUrl: string
  phones: { readonly answered: readonly Enrolled[]; readonly trouble: Trouble }
  places: readonly Place[]
  state: { readonly isOver: boolean }
}): Promise<Revoked[]> {
  const { dev, adminUrl, phones, places, state } = facts
  const ca = readFileSync(dev.facts.caFile)
  const token = readFileSync(dev.facts.adminTokenFile, 'utf8').trim()
  const headers = { authorization: `Bearer ${token}` }
  const work: Promise<Revoked>[] = []
  for (let next = 0; !state.isOver; await sleep(revokeEveryMs)) {
    const one = phones.answered[next]
    if (one === undefined) continue
    next += 3
    const url = `${adminUrl}/admin/v1/devices/${one.deviceId}/revoke`
    work.push(
      untilAnswered(url, {}, { ca, trouble: phones.trouble, headers }).then(async () => {
        const at = performance.now()
        const tookMs = await Promise.all(places.map((place) => untilRefused(place, one, at)))
        return { deviceId: one.deviceId, at, tookMs }
      }),
    )
  }
  return Promise.all(work)
}

async function untilRefused(place: Place, identity: Identity, since: number): Promise<number> {
  for (;;) {
    const status = await statusOf(place, identity)
    if (status === 403) return performance.now() - since
    assert.ok(
      performance.now() - since < 30_000,
      `a revoked device is still answered with ${status ?? 'nothing'}`,
    )
    await sleep(20)
  }
}

/** Undefined where the connection ended first, as one does that is open while its device is revoked. */
async function statusOf(place: Place, { cert, key }: Identity): Promise<number | undefined> {
  const socket = await open(place, { cert, key })
  try {
    return (await ask(socket, place)).status
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}
