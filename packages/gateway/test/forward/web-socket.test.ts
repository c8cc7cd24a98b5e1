import assert from 'node:assert/strict'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { collect, sendRaw, until } from './client.ts'
import { listen, portOf, startEdge } from './edge.ts'
import { readAnswer } from './http2-service.ts'
import { cannedService, rawService } from './service.ts'

async function echoService() {
  const server = http.createServer()
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  await listen(server)
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate()
      server.close()
    },
  }
}

const ask101 =
  'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

test('passes messages of a WebSocket both ways, small and large', async () => {
  await using service = await echoService()
  await using edge = await startEdge({ targets: [service.url] })
  const socket = new WebSocket(`ws://127.0.0.1:${edge.port}/chat`)
  await new Promise((resolve) => socket.once('open', resolve))
  for (const message of ['hello', 'x'.repeat(2_000_000)]) {
    socket.send(message)
    const back = await new Promise((resolve) =>
      socket.once('message', (data: Buffer) => resolve(data.toString())),
    )
    assert.equal(back, message)
  }
  socket.close(1000)
  const code = await new Promise((resolve) => socket.once('close', resolve))
  assert.equal(code, 1000)
  const outcome = await edge.outcome(0)
  assert.equal(outcome.status, 101)
  assert.equal(outcome.upstreamStatus, 101)
  assert.equal(outcome.code, undefined)
  assert.equal(edge.upstream.snapshot().targets[0]?.outstanding, 0)
  assert.equal(edge.upstream.snapshot().targets[0]?.connections, 0)
})

test('a WebSocket whose service goes ends for its client, and the other way round', async () => {
  await using service = await echoService()
  await using edge = await startEdge({ targets: [service.url] })
  const first = new WebSocket(`ws://127.0.0.1:${edge.port}/`)
  await new Promise((resolve) => first.once('open', resolve))
  for (const client of service.sockets.clients) client.terminate()
  await new Promise((resolve) => first.once('close', resolve))
  const second = new WebSocket(`ws://127.0.0.1:${edge.port}/`)
  await new Promise((resolve) => second.once('open', resolve))
  second.terminate()
  await until(() => service.sockets.clients.size === 0, 'the service is told')
})

test('bytes that a client sends behind its request go to the new protocol', async () => {
  await using service = await rawService((socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nwelcome',
    )
  })
  await using edge = await startEdge({ targets: [service.url] })
  const socket = net.connect(edge.port, '127.0.0.1')
  socket.write(`${ask101}early`)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  await until(() => text.endsWith('welcome'), 'what the service sent with its 101')
  await until(() => service.received[0]?.endsWith('\r\n\r\nearly') === true, 'what the client sent')
  assert.match(service.received[0] ?? '', /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n/)
  socket.destroy()
})

test('a service that refuses a WebSocket is heard, and the connection ends', async () => {
  await using service = await cannedService(
    'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nno',
  )
  await using edge = await startEdge({ targets: [service.url] })
  const text = await sendRaw(edge.port, ask101)
  assert.match(text, /^HTTP\/1\.1 403 Forbidden\r\nX-A: 1\r\n/)
  assert.match(text, /\r\nConnection: close\r\n/)
  assert.match(text, /\r\n\r\nno$/)
  const outcome = await edge.outcome(0)
  assert.equal(outcome.status, 403)
  assert.equal(outcome.aborted, false)
})

test('a service that is broken is a problem for a WebSocket too', async () => {
  await using service = await cannedService('garbage\r\n\r\n')
  await using edge = await startEdge({ targets: [service.url] })
  const text = await sendRaw(edge.port, ask101)
  assert.match(text, /^HTTP\/1\.1 502 /)
  assert.match(text, /upstream_response_invalid/)
  assert.equal(edge.outcomes.length, 1)
})

test('a 101 to another protocol is refused', async () => {
  await using service = await cannedService(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  )
  await using edge = await startEdge({ targets: [service.url] })
  assert.match(await sendRaw(edge.port, ask101), /^HTTP\/1\.1 502 /)
})

test('a request for a WebSocket that has content is refused', async () => {
  await using service = await rawService(() => {})
  await using edge = await startEdge({ targets: [service.url] })
  const text = await sendRaw(
    edge.port,
    ask101.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\nhello'),
  )
  assert.match(text, /^HTTP\/1\.1 400 /)
  assert.match(text, /request_upgrade_unsupported/)
  assert.equal(service.sockets.length, 0)
})

test('a quiet WebSocket is ended after tunnelIdleMs', async () => {
  await using service = await echoService()
  await using edge = await startEdge({
    targets: [service.url],
    timeouts: { tunnelIdleMs: 1_000, idleMs: 800 },
  })
  const socket = new WebSocket(`ws://127.0.0.1:${edge.port}/`)
  await new Promise((resolve) => socket.once('open', resolve))
  await new Promise((resolve) => socket.once('close', resolve))
})

test('a client of HTTP/2 opens a WebSocket by extended CONNECT (RFC 8441)', async () => {
  await using service = await echoService()
  await using edge = await startEdge({ targets: [service.url] })
  const client = http2.connect(`http://127.0.0.1:${edge.http2Port}`)
  await new Promise((resolve) => client.once('remoteSettings', resolve))
  const stream = client.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/chat',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'ignored',
  })
  const headers = await new Promise<http2.IncomingHttpHeaders>((resolve) =>
    stream.once('response', resolve),
  )
  assert.equal(headers[':status'], 200)
  assert.equal(headers['sec-websocket-accept'], undefined)
  // A masked text frame "hi" with a key of zeros, and its echo without a mask.
  stream.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]))
  const echo = await new Promise<Buffer>((resolve) => stream.once('data', resolve))
  assert.deepEqual([...echo], [0x81, 0x02, 0x68, 0x69])
  stream.close()
  await until(() => service.sockets.clients.size === 0, 'the service is told')
  client.destroy()
})

test('a service that does not prove that it read the key of an extended CONNECT is 502', async () => {
  await using service = await cannedService(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: wrong\r\n\r\n',
  )
  await using edge = await startEdge({ targets: [service.url] })
  const client = http2.connect(`http://127.0.0.1:${edge.http2Port}`)
  await new Promise((resolve) => client.once('remoteSettings', resolve))
  const answer = await readAnswer(
    client.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/' }),
  )
  assert.equal(answer.status, 502)
  client.destroy()
})

test('a client that leaves its WebSocket in silence ends it at the service', async () => {
  await using service = await rawService((socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
  })
  await using edge = await startEdge({ targets: [service.url] })
  const socket = net.connect(edge.port, '127.0.0.1')
  socket.write(ask101)
  await new Promise((resolve) => socket.once('data', resolve))
  const closed = collect(service.sockets[0] as net.Socket)
  socket.resetAndDestroy()
  await closed
  await edge.outcome(0)
})
