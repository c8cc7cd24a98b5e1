import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { ask, askHttp2, askOnce, connect, connectHttp2, eventually } from './support/client.ts'
import { createForeignCa } from './support/foreign.ts'
import { type Bed, startBed } from './support/gateway.ts'
import type { Identity, TestDevice } from './support/world.ts'

const host = 'api.example.com'
const explain = { [host]: { clientCertificate: 'explain' } }

/** Connects until a session comes that can be resumed. */
async function sessionOf(
  bed: Bed,
  device: Identity,
  options: { host?: string; maxVersion?: 'TLSv1.2' | 'TLSv1.3' } = {},
): Promise<Buffer> {
  const socket = await connect(bed, device, options)
  // Listened for before the request: the tickets of TLS 1.3 come with the answer at the latest.
  const session = new Promise<Buffer>((resolve) => socket.once('session', resolve))
  const answer = await ask(socket, '/', { host: options.host ?? host })
  assert.equal(answer.status, 200)
  const known = options.maxVersion === 'TLSv1.2' ? socket.getSession() : await session
  socket.destroy()
  assert(known !== undefined)
  return known
}

async function refusedCode(socket: TLSSocket, name = host): Promise<unknown> {
  const answer = await ask(socket, '/', { host: name })
  socket.destroy()
  assert.notEqual(answer.status, 200)
  return answer.json()['code']
}

async function revokedEverywhere(bed: Bed): Promise<void> {
  await eventually(() => bed.authority.reports.some(({ applied }) => applied.length > 0))
}

/** Opens connections until each worker is likely to have some of them. */
async function several<T>(workers: number, open: () => Promise<T>): Promise<T[]> {
  const opened: T[] = []
  for (let count = 0; count < workers * 4; count++) opened.push(await open())
  return opened
}

for (const workers of [1, 2]) {
  const setUp = async (t: Parameters<typeof startBed>[0], minVersion = '1.2') => {
    const bed = await startBed(t, { hosts: explain, gateway: { workers, tls: { minVersion } } })
    return { bed, device: await bed.world.device() }
  }
  const of = workers === 1 ? 'of one worker' : 'of two workers'

  test(`a revoked device is refused on a new connection ${of}`, async (t) => {
    const { bed, device } = await setUp(t)
    assert.equal((await askOnce(bed, device)).status, 200)
    bed.authority.change('device', device.deviceId, 'revoked')
    await revokedEverywhere(bed)
    const answer = await askOnce(bed, device)
    assert.equal(answer.status, 403)
    assert.equal(answer.json()['code'], 'device_revoked')
    assert.equal(answer.headers['connection'], 'close')
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`a revoked device is refused on a resumed ${maxVersion} session ${of}`, async (t) => {
      const { bed, device } = await setUp(t)
      const session = await sessionOf(bed, device, { maxVersion })
      const before = await connect(bed, device, { maxVersion, session })
      assert(before.isSessionReused(), 'the session is resumed by whichever worker it meets')
      before.destroy()
      bed.authority.change('device', device.deviceId, 'revoked')
      await revokedEverywhere(bed)
      for (const socket of await several(workers, () =>
        connect(bed, device, { maxVersion, session }),
      )) {
        assert(socket.isSessionReused())
        assert.equal(await refusedCode(socket), 'device_revoked')
      }
    })
  }

  test(`idle and busy kept-alive HTTP/1 connections end ${of}`, async (t) => {
    const { bed, device } = await setUp(t)
    const idle = await several(workers, async () => {
      const socket = await connect(bed, device)
      await ask(socket)
      return socket
    })
    const busy = await several(workers, async () => {
      const socket = await connect(bed, device)
      socket.write(`GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      await once(socket, 'data')
      return socket
    })
    const all = [...idle, ...busy]
    const closed = Promise.all(all.map((socket) => once(socket, 'close')))
    const startedAt = performance.now()
    bed.authority.change('device', device.deviceId, 'revoked')
    await closed
    t.diagnostic(
      `${all.length} connections ended in ${(performance.now() - startedAt).toFixed(1)} ms`,
    )
    await revokedEverywhere(bed)
    const receipt = bed.authority.reports.flatMap(({ applied }) => applied).at(-1)
    assert.deepEqual(receipt?.ended, { http1: all.length, http2: 0, webSocket: 0 })
  })

  test(`HTTP/2 connections with open streams end, by GOAWAY ${of}`, async (t) => {
    const { bed, device } = await setUp(t)
    const sessions = await several(workers, async () => {
      const session = await connectHttp2(bed, device)
      const stream = session.request({ ':path': '/slow', ':authority': host })
      stream.on('error', () => {})
      await once(stream, 'response')
      return session
    })
    let goaways = 0
    for (const session of sessions) session.on('goaway', () => goaways++)
    const closed = Promise.all(sessions.map((session) => once(session, 'close')))
    bed.authority.change('device', device.deviceId, 'suspended')
    await closed
    assert.equal(goaways, sessions.length)
    await revokedEverywhere(bed)
    const receipt = bed.authority.reports.flatMap(({ applied }) => applied).at(-1)
    assert.deepEqual(receipt?.ended, { http1: 0, http2: sessions.length, webSocket: 0 })
  })

  test(`WebSocket connections end ${of}`, async (t) => {
    const { bed, device } = await setUp(t)
    const sockets = await several(workers, () => openWebSocket(bed, device))
    const closed = Promise.all(sockets.map((socket) => once(socket, 'close')))
    bed.authority.change('certificate', device.thumbprint, 'revoked')
    await closed
    await revokedEverywhere(bed)
    const receipt = bed.authority.reports.flatMap(({ applied }) => applied).at(-1)
    assert.deepEqual(receipt?.ended, { http1: 0, http2: 0, webSocket: sockets.length })
  })

  test(`connections and sessions under a CA that was withdrawn end ${of}`, async (t) => {
    const { bed, device } = await setUp(t)
    const session = await sessionOf(bed, device)
    const open = await several(workers, async () => {
      const socket = await connect(bed, device)
      await ask(socket)
      return socket
    })
    const closed = Promise.all(open.map((socket) => once(socket, 'close')))
    bed.authority.issuers = []
    bed.authority.change('issuer', bed.world.deviceCa.certificate.spkiSha256, 'withdrawn')
    await closed
    await revokedEverywhere(bed)
    for (const socket of await several(workers, () => connect(bed, device, { session }))) {
      assert(!socket.isSessionReused(), 'a session is bound to the trust it was made under')
      assert.equal(await refusedCode(socket), 'device_certificate_untrusted')
    }
  })
}

test('a session of another host or another mode lets nobody in', async (t) => {
  const bed = await startBed(t, {
    hosts: {
      [host]: { clientCertificate: 'explain' },
      'other.example.com': { clientCertificate: 'explain' },
      'open.example.com': { clientCertificate: 'off' },
    },
    gateway: { tls: { minVersion: '1.2' } },
  })
  const device = await bed.world.device()
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const other of ['other.example.com', 'open.example.com']) {
      const session = await sessionOf(bed, device, { host: other, maxVersion })
      const socket = await connect(bed, undefined, { session, maxVersion })
      assert(!socket.isSessionReused(), `${maxVersion} from ${other}`)
      assert.equal(await refusedCode(socket), 'device_certificate_required')
    }
  }
})

test('a session of another process with the same ticket secret is resumed, and decided by status', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-tickets-'))
  const ticketSecretFile = path.join(directory, 'secret')
  await writeFile(ticketSecretFile, Buffer.alloc(32, 7))
  const one = await startBed(t, { hosts: explain, gateway: { ticketSecretFile } })
  const { world, authority } = one
  const two = await startBed(t, { hosts: explain, gateway: { ticketSecretFile }, world, authority })
  const device = await world.device()
  const session = await sessionOf(one, device)
  const resumed = await connect(two, device, { session })
  assert(resumed.isSessionReused())
  assert.equal((await ask(resumed)).status, 200)
  const closed = once(resumed, 'close')
  authority.change('device', device.deviceId, 'revoked')
  await closed
  await eventually(
    () =>
      new Set(authority.reports.filter((r) => r.applied.length > 0).map((r) => r.instance)).size ===
      2,
  )
  assert.equal(await refusedCode(await connect(two, device, { session })), 'device_revoked')
})

test('a CA taken out of the configuration takes its connections with it', async (t) => {
  const bed = await startBed(t, { hosts: explain })
  const partner = await createForeignCa()
  const trust = [{ pem: partner.pem, trustDomain: 'partner.example' }]
  await bed.writeConfig({ hosts: { [host]: { clientCertificate: 'explain', trust } } })
  await bed.gateway.reload()
  const stranger = await partner.leaf()
  const socket = await connect(bed, stranger)
  const answer = await ask(socket)
  assert.equal(answer.status, 200, answer.body)
  const { headers } = answer.json<{ headers: Record<string, string> }>()
  assert.match(headers['sallyport-device'] ?? '', /^ext_[a-z2-7]{26}; assurance=unattested$/)
  const closed = once(socket, 'close')
  await bed.writeConfig({ hosts: explain })
  await bed.gateway.reload()
  await closed
  assert.equal((await askOnce(bed, stranger)).json()['code'], 'device_certificate_untrusted')
})

test('a superseded certificate finishes what is under way, and is refused afterwards', async (t) => {
  const bed = await startBed(t, { hosts: explain })
  const device = await bed.world.device()
  const socket = await connect(bed, device)
  const answer = ask(socket, '/held?ms=200')
  await eventually(() => bed.service.seen.length === 1)
  const closed = once(socket, 'close')
  bed.authority.change('certificate', device.thumbprint, 'superseded')
  assert.equal((await answer).status, 200)
  await closed
  const refusal = await askOnce(bed, device)
  assert.equal(refusal.status, 401)
  assert.equal(refusal.json()['code'], 'device_certificate_superseded')
  assert.equal(refusal.json()['action'], 'renew')
})

test('a device that is active again is served again', async (t) => {
  const bed = await startBed(t, { hosts: explain })
  const device = await bed.world.device()
  bed.authority.change('device', device.deviceId, 'suspended')
  await revokedEverywhere(bed)
  assert.equal((await askOnce(bed, device)).json()['code'], 'device_suspended')
  bed.authority.change('device', device.deviceId, 'active')
  await eventually(async () => (await askOnce(bed, device)).status === 200)
})

test('a change of one device touches no other', async (t) => {
  const bed = await startBed(t, { hosts: explain })
  const [one, other] = [await bed.world.device(), await bed.world.device()]
  const http1 = await connect(bed, other)
  await ask(http1)
  const http2 = await connectHttp2(bed, other)
  bed.authority.change('device', one.deviceId, 'revoked')
  await revokedEverywhere(bed)
  assert.equal((await ask(http1)).status, 200)
  assert.equal((await askHttp2(http2, { ':path': '/', ':authority': host })).status, 200)
  http1.destroy()
  http2.destroy()
})

test('what was revoked while the gateway was cut off ends connections when it hears again', async (t) => {
  const bed = await startBed(t, { hosts: explain })
  const device = await bed.world.device()
  const socket = await connect(bed, device)
  await ask(socket)
  const closed = once(socket, 'close')
  await bed.authority.stop()
  // Another feed: the store was restored from a backup, and only the snapshot tells.
  bed.authority.epoch = 'epo_bbbbbbbbbbbbbbbbbbbbbbbbbb'
  bed.authority.list('device', device.deviceId, 'revoked')
  await bed.authority.start()
  await closed
  assert.equal((await askOnce(bed, device)).json()['code'], 'device_revoked')
})

async function openWebSocket(bed: Bed, device: TestDevice): Promise<TLSSocket> {
  const socket = await connect(bed, device)
  socket.write(
    `GET /socket HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  const [head] = (await once(socket, 'data')) as [Buffer]
  assert.match(head.toString(), /^HTTP\/1\.1 101 /)
  socket.write('hello')
  const [echo] = (await once(socket, 'data')) as [Buffer]
  assert.equal(echo.toString(), 'hello')
  return socket
}
