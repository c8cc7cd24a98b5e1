import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import {
  ask,
  askOnce,
  closed,
  connect,
  connectHttp2,
  eventually,
  readAnswer,
  write,
} from './support/client.ts'
import { frame, frameType, goAwayCode, literal, preface, requestFields } from './support/frames.ts'
import { type Bed, startBed } from './support/gateway.ts'

const host = 'api.example.com'
const enhanceYourCalm = 11

/** A gateway with short patience, and a connection that must live through whatever another one does. */
async function setUp(
  t: TestContext,
  limits: Record<string, number> = {},
): Promise<{ bed: Bed; untouched: () => Promise<void> }> {
  const bed = await startBed(t, {
    hosts: { [host]: { clientCertificate: 'off' } },
    gateway: { limits: { headersSeconds: 10, ...limits } },
  })
  const bystander = await connect(bed)
  assert.equal((await ask(bystander)).status, 200)
  return {
    bed,
    untouched: async () => {
      assert.equal((await ask(bystander)).status, 200, 'another connection goes on')
      assert.equal((await askOnce(bed)).status, 200, 'the process goes on')
      assert(!bed.log.some(({ message }) => message.includes('broke')), 'no worker broke')
      bystander.destroy()
    },
  }
}

const malformed: Record<string, string> = {
  'both Content-Length and Transfer-Encoding':
    'POST / HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding and Content-Length the other way round':
    'POST / HTTP/1.1\r\nHost: api.example.com\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
  'two lengths':
    'POST / HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
  'a header with NUL': 'GET / HTTP/1.1\r\nHost: api.example.com\r\nX: a\0b\r\n\r\n',
  'a bare LF behind a field': 'GET / HTTP/1.1\r\nHost: api.example.com\nX: a\r\n\r\n',
  'a bare LF behind the request line': 'GET / HTTP/1.1\nHost: api.example.com\r\n\r\n',
  'a bare CR in a field': 'GET / HTTP/1.1\r\nHost: api.example.com\r\nX: a\rb\r\n\r\n',
  'a space before the colon': 'GET / HTTP/1.1\r\nHost : api.example.com\r\n\r\n',
  'a folded field': 'GET / HTTP/1.1\r\nHost: api.example.com\r\n folded\r\n\r\n',
  'a chunk size that is none':
    'POST / HTTP/1.1\r\nHost: api.example.com\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'an unknown transfer coding':
    'POST / HTTP/1.1\r\nHost: api.example.com\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
  'no HTTP at all': '\x01\x02\x03\x04\r\n\r\n',
}

for (const [what, bytes] of Object.entries(malformed)) {
  test(`${what}: 400, coded, and the connection ends`, async (t) => {
    const { bed, untouched } = await setUp(t)
    const socket = await connect(bed)
    const isClosed = closed(socket)
    socket.write(Buffer.from(bytes, 'latin1'))
    const answer = await readAnswer(socket)
    assert.equal(answer.status, 400)
    assert.equal(answer.json()['code'], 'request_malformed')
    assert.equal(answer.headers['connection'], 'close')
    await isClosed
    const { requestId } = answer.json<{ requestId: string }>()
    await eventually(() =>
      bed.authority.reports.some(({ decisions }) =>
        decisions.some((d) => d.requestId === requestId),
      ),
    )
    await untouched()
  })
}

test('CONNECT is refused, and nothing is opened', async (t) => {
  const { bed, untouched } = await setUp(t)
  const socket = await connect(bed)
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  const answer = await readAnswer(socket)
  assert.equal(answer.status, 400)
  assert.equal(answer.json()['code'], 'request_upgrade_unsupported')
  await closed(socket)
  await untouched()
})

test('a header block of 100 MB is cut off at the limit', async (t) => {
  const { bed, untouched } = await setUp(t)
  const socket = await connect(bed)
  const answer = readAnswer(socket)
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n`)
  const before = process.memoryUsage().rss
  const field = Buffer.from(`X-Filler: ${'a'.repeat(65_000)}\r\n`)
  let sent = 0
  while (sent < 100 * 1024 * 1024 && !socket.destroyed && socket.writable) {
    sent += field.length
    await write(socket, field)
  }
  assert.equal((await answer).status, 431)
  assert.equal((await answer).json()['code'], 'request_header_too_large')
  assert(sent < 20 * 1024 * 1024, `${sent} bytes went out before the end`)
  assert(process.memoryUsage().rss - before < 100 * 1024 * 1024)
  await untouched()
})

test('a header section that drips is given up', async (t) => {
  const { bed, untouched } = await setUp(t, { headersSeconds: 1.5 })
  const socket = await connect(bed)
  const answer = readAnswer(socket)
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n`)
  const drip = setInterval(() => socket.writable && socket.write('X-A: b\r\n'), 50)
  t.after(() => clearInterval(drip))
  assert.equal((await answer).status, 408)
  assert.equal((await answer).json()['code'], 'request_timeout')
  await untouched()
})

test('content that drips is given up', async (t) => {
  const { bed } = await setUp(t, { requestSeconds: 1.5, headersSeconds: 1.4 })
  const socket = await connect(bed)
  socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100000\r\n\r\n`)
  const drip = setInterval(() => socket.writable && socket.write('x'), 50)
  t.after(() => clearInterval(drip))
  await closed(socket)
})

test('half a ClientHello, and none, are given up', async (t) => {
  const { bed, untouched } = await setUp(t, { handshakeSeconds: 1.5 })
  const silent = net.connect(bed.port, '127.0.0.1')
  const half = net.connect(bed.port, '127.0.0.1')
  half.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]))
  silent.resume()
  half.resume()
  await Promise.all([closed(silent), closed(half)])
  await eventually(() =>
    bed.authority.reports
      .flatMap(({ handshakes }) => handshakes)
      .some(({ code }) => code === 'handshake_timeout'),
  )
  await untouched()
})

test('what is no ClientHello is closed; plain HTTP is told so', async (t) => {
  const { bed, untouched } = await setUp(t)
  const garbage = net.connect(bed.port, '127.0.0.1')
  garbage.end(Buffer.alloc(500, 0x41))
  garbage.resume()
  await closed(garbage)
  const plain = net.connect(bed.port, '127.0.0.1')
  plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [said] = (await once(plain, 'data')) as [Buffer]
  assert.match(said.toString(), /^HTTP\/1\.1 400 [^]*https:\/\//)
  await closed(plain)
  const large = net.connect(bed.port, '127.0.0.1')
  large.write(Buffer.from([22, 3, 1, 0x40, 0, 1, 0x01, 0, 0]))
  large.resume()
  await closed(large)
  const codes = () =>
    bed.authority.reports.flatMap(({ handshakes }) => handshakes.map(({ code }) => code))
  await eventually(() => codes().includes('handshake_client_hello_too_large'))
  assert(codes().includes('handshake_client_hello_invalid'))
  await untouched()
})

test('a rapid-reset flood ends its own connection, calmly', async (t) => {
  const { bed, untouched } = await setUp(t, { streamResets: 50 })
  const fields = requestFields(host)
  const openAndReset = (stream: number) =>
    Buffer.concat([
      frame(frameType.headers, 0x05, stream, fields),
      frame(frameType.resetStream, 0, stream, Buffer.from([0, 0, 0, 8])),
    ])
  const some = await rawHttp2(bed)
  const code = goAwayCode(some)
  for (let stream = 1; stream < 200; stream += 2) some.write(openAndReset(stream))
  assert.equal(await code, enhanceYourCalm)

  const flood = await rawHttp2(bed)
  flood.resume()
  for (let stream = 1; stream < 100_000 && flood.writable; stream += 2) {
    await write(flood, openAndReset(stream))
  }
  await closed(flood)
  assert(bed.service.seen.length < 1_000, `${bed.service.seen.length} requests reached the service`)
  await untouched()
})

for (const [name, bytes] of [
  ['SETTINGS', frame(frameType.settings, 0, 0)],
  ['PING', frame(frameType.ping, 0, 0, Buffer.alloc(8))],
] as const) {
  test(`a flood of ${name} whose answers nobody reads is bounded`, async (t) => {
    const { bed, untouched } = await setUp(t)
    const socket = await rawHttp2(bed)
    socket.pause()
    const before = process.memoryUsage().rss
    const many = Buffer.concat(Array.from({ length: 1_000 }, () => bytes))
    for (let round = 0; round < 300 && socket.writable; round++) {
      const wait = new Promise((resolve) => setTimeout(resolve, 100))
      await Promise.race([write(socket, many), wait])
      if (socket.writableLength > 8 * 1024 * 1024) break
    }
    assert(process.memoryUsage().rss - before < 150 * 1024 * 1024)
    await untouched()
    socket.destroy()
  })
}

test('header sections of HTTP/2 are bounded, in one frame and in endless ones', async (t) => {
  const { bed, untouched } = await setUp(t)
  const large = await connectHttp2(bed)
  const stream = large.request({ ':path': '/', ':authority': host, 'x-large': 'a'.repeat(20_000) })
  stream.on('error', () => {})
  let status: unknown
  stream.on('response', (headers) => {
    status = headers[':status']
  })
  await new Promise((resolve) => stream.on('close', resolve))
  assert.notEqual(status, 200)
  large.destroy()

  const endless = await rawHttp2(bed)
  const code = goAwayCode(endless)
  endless.write(frame(frameType.headers, 0, 1, requestFields(host)))
  const filler = frame(frameType.continuation, 0, 1, literal('x-filler', 'b'.repeat(8_000)))
  for (let sent = 0; sent < 10_000 && endless.writable; sent++) await write(endless, filler)
  assert.notEqual(await code, 0)
  await untouched()
})

test('requests that do not wait for their answers are bounded', async (t) => {
  const { bed, untouched } = await setUp(t, { pipelinedRequests: 16 })
  const socket = await connect(bed)
  socket.resume()
  socket.write(`GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(500))
  await closed(socket)
  assert(bed.service.seen.length < 40)
  await untouched()
})

test('connections beyond the bound are closed at once, and those before go on', async (t) => {
  const { bed, untouched } = await setUp(t, { maxConnections: 12, idleSeconds: 60 })
  const sockets: net.Socket[] = []
  for (let count = 0; count < 30; count++) {
    const socket = net.connect(bed.port, '127.0.0.1')
    socket.on('error', () => {})
    sockets.push(socket)
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
  }
  await eventually(() => sockets.filter((socket) => socket.closed).length >= 18)
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await untouched()
})

test('a connection that never carried a byte ends without a word', async (t) => {
  const { bed } = await setUp(t, { headersSeconds: 1.5 })
  const socket = await connect(bed)
  let said = ''
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await closed(socket)
  assert.equal(said, '')
})

test('thousands of fields within the bound hide nothing', async (t) => {
  const { bed } = await setUp(t)
  const socket = await connect(bed)
  const fields = Array.from({ length: 1_500 }, () => 'a:').join('\r\n')
  socket.write(
    `POST / HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\nTransfer-Encoding: chunked\r\n\r\n` +
      '3\r\nabc\r\n0\r\n\r\n',
  )
  const answer = await readAnswer(socket)
  assert.equal(answer.status, 200, answer.body)
  assert.equal(bed.service.seen.at(-1)?.['transfer-encoding'], 'chunked')
  socket.destroy()
})

test('a connection without a request ends', async (t) => {
  const { bed } = await setUp(t, { idleSeconds: 1.5 })
  const http1 = await connect(bed)
  const http2 = await connectHttp2(bed)
  http1.resume()
  await Promise.all([closed(http1), closed(http2)])
})

async function rawHttp2(bed: Bed): Promise<TLSSocket> {
  const socket = await connect(bed, undefined, { ALPNProtocols: ['h2'] })
  socket.write(preface)
  return socket
}
