import assert from 'node:assert/strict'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import tls, { type TLSSocket } from 'node:tls'
import { ask, askOnce, connect, connectHttp2, eventually, readAnswer } from './support/client.ts'
import { frame, frameType, literal, preface, requestFields } from './support/frames.ts'
import { type Bed, startBed } from './support/gateway.ts'

const host = 'api.example.com'

async function openConnections(bed: Bed, protocol: string): Promise<number> {
  const page = await (await fetch(`${bed.operations}/metrics`)).text()
  const row = new RegExp(`^sallyport_connections{protocol="${protocol}"} (\\d+)$`, 'm').exec(page)
  return Number(row?.[1])
}

function startOff(t: TestContext, limits: Record<string, number>): Promise<Bed> {
  return startBed(t, {
    hosts: { [host]: { clientCertificate: 'off' } },
    gateway: { limits },
  })
}

test('silent connections do not keep others out', async (t) => {
  const bed = await startOff(t, { maxPendingHandshakes: 50, handshakeSeconds: 30 })
  const silent = Array.from({ length: 300 }, () => net.connect(bed.port, '127.0.0.1'))
  for (const socket of silent) socket.on('error', () => {})
  await eventually(async () => (await openConnections(bed, 'handshake')) === 50)
  for (let count = 0; count < 20; count++) assert.equal((await askOnce(bed)).status, 200)
  assert((await openConnections(bed, 'handshake')) >= 48, 'nor is more given up than must be')
  for (const socket of silent) socket.destroy()
})

test('connections without a request make room for those that have one', async (t) => {
  const bed = await startOff(t, { maxConnections: 20, idleSeconds: 60 })
  const busy = await connect(bed)
  const answer = ask(busy, '/held?ms=500')
  const idle: TLSSocket[] = []
  for (let count = 0; count < 40; count++) idle.push(await connect(bed))
  for (let count = 0; count < 5; count++) assert.equal((await askOnce(bed)).status, 200)
  assert.equal((await answer).status, 200, 'what is under way is left alone')
  for (const socket of [busy, ...idle]) socket.destroy()
})

test('a handshake with a chain of certificates that no device has is refused', async (t) => {
  const bed = await startBed(t, {})
  const device = await bed.world.device()
  const chain = device.cert + bed.world.serviceCa.repeat(60)
  const socket = await connect(bed, { cert: chain, key: device.key })
  await assert.rejects(ask(socket), /closed/)
  await eventually(() =>
    bed.authority.reports
      .flatMap(({ handshakes }) => handshakes)
      .some(({ found }) => found?.includes('chain of many certificates')),
  )
  const short = { cert: device.cert + bed.world.serviceCa.repeat(3), key: device.key }
  assert.equal((await askOnce(bed, short)).status, 200)
})

test('a first request that comes with the end of the handshake is none of its bytes', async (t) => {
  const bed = await startOff(t, {})
  const content = Buffer.alloc(60_000, 'x')
  for (let count = 0; count < 5; count++) {
    const socket = tls.connect({
      port: bed.port,
      host: '127.0.0.1',
      servername: host,
      ca: bed.world.serviceCa,
    })
    // What is written before the handshake is done leaves together with its last message.
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${content.length}\r\n\r\n`)
    socket.write(content)
    assert.equal((await readAnswer(socket)).status, 200)
    socket.destroy()
  }
})

const noWindow = frame(frameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]))

for (const mode of ['explain', 'off']) {
  test(`answers that an HTTP/2 client leaves lying end its connection (${mode})`, async (t) => {
    const bed = await startBed(t, {
      hosts: { [host]: { clientCertificate: mode } },
      gateway: { limits: { idleSeconds: 0.5 } },
    })
    const socket = await connect(bed, undefined, { ALPNProtocols: ['h2'] })
    socket.write(Buffer.concat([preface, noWindow]))
    for (let stream = 1; stream < 100; stream += 2) {
      socket.write(frame(frameType.headers, 5, stream, requestFields(host)))
    }
    await eventually(async () => (await openConnections(bed, 'http2')) === 1)
    await eventually(async () => (await openConnections(bed, 'http2')) === 0, 5_000)
    socket.destroy()
  })
}

test('content of HTTP/2 that drips is given up, and a stream that is answered goes on', async (t) => {
  const bed = await startOff(t, { requestSeconds: 2, headersSeconds: 1.5 })
  const session = await connectHttp2(bed)
  const statusOf = (path: string): Promise<number> => {
    const stream = session.request({ ':method': 'POST', ':path': path, ':authority': host })
    const drip = setInterval(() => stream.writable && stream.write('x'), 50)
    t.after(() => clearInterval(drip))
    stream.on('error', () => {})
    stream.resume()
    return new Promise((resolve) => {
      stream.on('response', (headers) => resolve(Number(headers[':status'])))
    })
  }
  assert.equal(await statusOf('/held?ms=5000'), 408)
  assert.equal(await statusOf('/slow'), 200)
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  assert.equal(await openConnections(bed, 'http2'), 1)
  session.destroy()
})

test('names and values that only HTTP/2 can carry say nothing in HTTP/1', async (t) => {
  const bed = await startOff(t, {})
  const socket = await connect(bed, undefined, { ALPNProtocols: ['h2'] })
  socket.on('data', () => {})
  socket.write(preface)
  const tricks = [
    literal('x-a', 'b\r\nSallyport-Device: dev_x'),
    literal('x-a', 'b\nSallyport-Device: dev_x'),
    literal('x-a', 'b\0'),
    literal('x-a\r\nsallyport-device', 'dev_x'),
    literal('sallyport-device:x', 'dev_x'),
    literal('x a', 'b'),
    literal('Sallyport-Device', 'dev_x'),
    literal('sallyport_device', 'dev_x'),
    literal('transfer_encoding', 'chunked'),
    literal('transfer-encoding', 'chunked'),
    literal('connection', 'client-cert'),
    literal(':path', '/other'),
    literal(':authority', 'other.example.com'),
    literal('host', 'other.example.com'),
  ]
  for (const [index, trick] of tricks.entries()) {
    const fields = Buffer.concat([requestFields(host, '/x'), trick])
    socket.write(frame(frameType.headers, 5, 2 * index + 1, fields))
  }
  socket.write(frame(frameType.headers, 5, 2 * tricks.length + 1, requestFields(host, '/last')))
  await eventually(() => bed.service.seen.length > 0)
  await new Promise((resolve) => setTimeout(resolve, 300))
  for (const headers of bed.service.seen) {
    const names = Object.keys(headers).join(' ')
    assert.doesNotMatch(names, /sallyport|transfer|connection|x-a|x a/)
    assert.equal(headers.host, host)
  }
  socket.destroy()
})
