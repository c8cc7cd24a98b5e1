import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { type TestContext, test } from 'node:test'
import { issuedBase } from '@sallyport/wire'
import { WebSocket } from 'ws'
import { askOnce, closed, connect, connectHttp2, eventually } from './support/client.ts'
import { type Bed, route, startBed } from './support/gateway.ts'
import { startTestProvider, type TestProvider } from './support/identity-provider.ts'
import type { TestDevice } from './support/world.ts'

const sha256 = (base: string) => createHash('sha256').update(base).digest('base64url')

type Setting = { bed: Bed; provider: TestProvider; device: TestDevice }

async function setUp(t: TestContext, token: Record<string, unknown> = {}): Promise<Setting> {
  const provider = await startTestProvider(t)
  const bed = await startBed(t, {
    hosts: {
      'api.example.com': { clientCertificate: 'explain', routes: [route({ stages: { token } })] },
    },
    identityProviders: { main: provider.settings },
    gateway: { workers: 2 },
  })
  return { bed, provider, device: await bed.world.device() }
}

const keyOf = ({ provider }: Setting, value: string) => sha256(issuedBase(provider.issuer, value))

async function openSocket({ bed, device }: Setting, token: string): Promise<WebSocket> {
  const raw = await connect(bed, device)
  const socket = new WebSocket('wss://api.example.com/chat', [], {
    createConnection: () => raw,
    headers: { authorization: `Bearer ${token}` },
  })
  await once(socket, 'open')
  socket.on('error', () => {})
  return socket
}

/** An answer that has begun and would never end. */
async function openStream({ bed, device }: Setting, token: string) {
  const socket = await connect(bed, device)
  socket.write(
    `GET /slow HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  )
  await once(socket, 'data')
  return socket
}

async function openHttp2Stream(
  session: ClientHttp2Session,
  token: string,
): Promise<ClientHttp2Stream> {
  const stream = session.request({ ':path': '/slow', authorization: `Bearer ${token}` })
  stream.on('error', () => {})
  await once(stream, 'response')
  stream.resume()
  return stream
}

/** What the gateway says it ended, by a change. */
async function endedBy({ bed }: Setting, seq: number) {
  const receipts = () =>
    bed.authority.reports.flatMap(({ applied }) => applied.filter((each) => each.seq === seq))
  await eventually(() => receipts().length > 0)
  return receipts()[0]?.ended
}

test('what was opened with a token ends with its session, and is counted; nothing else ends', async (t) => {
  const setting = await setUp(t)
  const { bed, provider, device } = setting
  const over = await provider.token({ sid: 'over' })
  const other = await provider.token({ sid: 'other' })
  const session = await connectHttp2(bed, device)
  const ends = [await openSocket(setting, over), await openSocket(setting, over)]
  const plain = await openStream(setting, over)
  const stream = await openHttp2Stream(session, over)
  const stays = await openSocket(setting, other)
  const otherPlain = await openStream(setting, other)
  const otherStream = await openHttp2Stream(session, other)

  const seq = bed.authority.end('session', keyOf(setting, 'over'))
  await Promise.all([...ends.map((socket) => once(socket, 'close')), closed(plain), closed(stream)])
  assert.deepEqual(await endedBy(setting, seq), { http1: 1, http2: 1, webSocket: 2 })

  const answer = await askOnce(bed, device, '/', { headers: [`Authorization: Bearer ${over}`] })
  assert.equal(answer.status, 401)
  assert.equal(answer.json()['code'], 'token_ended')
  assert.equal(stays.readyState, WebSocket.OPEN)
  assert(!otherPlain.destroyed && !otherStream.destroyed && !session.destroyed)
  stays.terminate()
  otherPlain.destroy()
  session.destroy()
})

test('a token, a user, or a device ends what was opened with it up to then', async (t) => {
  const setting = await setUp(t)
  const { bed, provider, device } = setting
  const now = () => Date.now()
  const ways = {
    token: () => bed.authority.end('token', keyOf(setting, 'jti-1')),
    subject: () => bed.authority.end('subject', keyOf(setting, 'alice'), now()),
    deviceTokens: () => bed.authority.end('deviceTokens', device.deviceId, now()),
  }
  for (const [kind, end] of Object.entries(ways)) {
    const iat = Math.floor(now() / 1_000)
    // Of two kinds that end by time, the one before has ended what was issued up to then.
    const sub = kind === 'deviceTokens' ? 'bea' : 'alice'
    const socket = await openSocket(setting, await provider.token({ jti: 'jti-1', sub, iat }))
    const seq = end()
    await once(socket, 'close')
    assert.deepEqual(await endedBy(setting, seq), { http1: 0, http2: 0, webSocket: 1 }, kind)
    bed.authority.ended.token.length = 0
    if (kind === 'token') bed.authority.change('token', keyOf(setting, 'jti-1'), 'active')
    await eventually(async () => {
      const fresh = await provider.token({ sub, iat: Math.floor(now() / 1_000) + 2 })
      const headers = [`Authorization: Bearer ${fresh}`]
      return (await askOnce(bed, device, '/', { headers })).status === 200
    })
  }
})

test('what a snapshot alone says has ended ends, too', async (t) => {
  const setting = await setUp(t)
  const { bed, provider } = setting
  const socket = await openSocket(setting, await provider.token({ sid: 'over' }))
  const until = Date.now() + 86_400_000
  const key = keyOf(setting, 'over')
  bed.authority.ended.session.push({ key, status: 'ended', until })
  bed.authority.epoch = 'epo_bbbbbbbbbbbbbbbbbbbbbbbbbb'
  bed.authority.heartbeat()
  await once(socket, 'close')
})

test('a request whose answer has not begun gets it: it may be the one that signs out', async (t) => {
  const setting = await setUp(t)
  const { bed, provider, device } = setting
  const token = await provider.token({ sid: 'over' })
  const headers = [`Authorization: Bearer ${token}`]
  const signingOut = askOnce(bed, device, '/held?ms=1000', { headers })
  await eventually(() => bed.service.seen.length > 0)
  const seq = bed.authority.end('session', keyOf(setting, 'over'))
  assert.deepEqual(await endedBy(setting, seq), { http1: 0, http2: 0, webSocket: 0 })
  assert.equal((await signingOut).status, 200)
  assert.equal((await askOnce(bed, device, '/', { headers })).status, 401)

  const later = await provider.token({ sid: 'later' })
  const hanging = await connect(bed, device)
  hanging.write(
    `GET /held?ms=7000 HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer ${later}\r\n\r\n`,
  )
  await eventually(() => bed.service.seen.length > 1)
  bed.authority.end('session', keyOf(setting, 'later'))
  await closed(hanging)
})

test('in mode shadow what is open goes on, as new requests do', async (t) => {
  const setting = await setUp(t, { mode: 'shadow' })
  const { bed, provider, device } = setting
  const token = await provider.token({ sid: 'over' })
  const socket = await openSocket(setting, token)
  const seq = bed.authority.end('session', keyOf(setting, 'over'))
  assert.deepEqual(await endedBy(setting, seq), { http1: 0, http2: 0, webSocket: 0 })
  const headers = [`Authorization: Bearer ${token}`]
  assert.equal((await askOnce(bed, device, '/', { headers })).status, 200)
  assert.equal(socket.readyState, WebSocket.OPEN)
  socket.terminate()
})

test('ten thousand changes at once end what they are about, and are all in force', async (t) => {
  const setting = await setUp(t)
  const { bed, provider, device } = setting
  const sockets = await Promise.all(
    Array.from({ length: 20 }, async (_, at) =>
      openSocket(setting, await provider.token({ sid: `s${at}` })),
    ),
  )
  const gone = Promise.all(sockets.slice(0, 10).map((socket) => once(socket, 'close')))
  for (let at = 0; at < 10_000; at++) {
    bed.authority.end('session', keyOf(setting, at % 1_000 === 0 ? `s${at / 1_000}` : `x${at}`))
  }
  await gone
  const token = await provider.token({ sid: 'x9999' })
  await eventually(async () => {
    const headers = [`Authorization: Bearer ${token}`]
    return (await askOnce(bed, device, '/', { headers })).status === 401
  }, 10_000)
  for (const socket of sockets.slice(10)) {
    assert.equal(socket.readyState, WebSocket.OPEN)
    socket.terminate()
  }
})
