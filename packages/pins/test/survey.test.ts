import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { survey } from '../src/index.ts'
import { issue } from './test-authority.ts'
import { certificateMessage, message, records, serverHello } from './tls-server-bytes.ts'

/** A server on loopback that answers a handshake in its own way. */
async function strangeServer(t: TestContext, answer: (socket: Socket) => void) {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    answer(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, connect: { host: '127.0.0.1', port }, timeoutMs: 300 }
}

for (const [name, answer, said] of [
  ['says nothing', () => {}, /no answer in 300 ms/],
  ['hangs up', (socket: Socket) => socket.destroy(), /.+/],
  ['speaks HTTP', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /.+/],
  ['sends noise', (socket: Socket) => socket.end(Buffer.alloc(100_000, 0x16)), /.+/],
] as const) {
  test(`a server that ${name} is told of, soon`, async (t) => {
    const options = await strangeServer(t, answer)
    const startedAt = performance.now()
    const { sent, silent } = await survey('api.example.com', options)
    assert.ok(performance.now() - startedAt < 5_000)
    assert.deepEqual(sent, [])
    assert.equal(silent[0]?.address, `127.0.0.1:${options.port}`)
    assert.match(silent[0]?.why ?? '', said)
  })
}

test('a name that has no address is told of', async () => {
  const { sent, silent } = await survey('no-such-host.invalid', { port: 443, timeoutMs: 300 })
  assert.deepEqual(sent, [])
  assert.equal(silent[0]?.address, 'no-such-host.invalid')
})

/** Answers a ClientHello with a flight of TLS 1.2, as fast as it is taken. */
function answering(...flight: readonly Buffer[]): (socket: Socket) => void {
  const bytes = records(Buffer.concat([serverHello(), ...flight]), 16_384)
  return (socket) => void socket.once('data', () => socket.write(bytes))
}

const noise = Buffer.alloc(16 * 1024 * 1024, 0x30)

for (const [name, flight, said] of [
  ['10,000 certificates', [certificateMessage(Array(10_000).fill(noise.subarray(0, 300)))], /size/],
  ['a certificate of 16 MB', [certificateMessage([noise.subarray(0, 0xff_ffff - 6)])], /size/],
  ['a certificate that is none', [certificateMessage([Buffer.from('none')])], /./],
  ['no certificate', [certificateMessage([])], /./],
] as const) {
  test(`a server that sends ${name} is told of, soon, and costs no memory`, async (t) => {
    const options = await strangeServer(t, answering(...flight))
    const before = process.memoryUsage.rss()
    const startedAt = performance.now()
    const { sent, silent } = await survey('api.example.com', options)
    assert.ok(performance.now() - startedAt < 3_000)
    assert.ok(process.memoryUsage.rss() - before < 64 * 1024 * 1024)
    assert.deepEqual(sent, [])
    assert.match(silent[0]?.why ?? '', said)
    assert.doesNotMatch(silent[0]?.why ?? '', /[\n]|deps\/openssl/)
  })
}

test('a server that drips a byte now and then is left when the time is over', async (t) => {
  const options = await strangeServer(t, (socket) => {
    const bytes = records(serverHello(), 16_384).values()
    const timer = setInterval(() => socket.write(Buffer.from([bytes.next().value ?? 0])), 10)
    socket.on('close', () => clearInterval(timer))
  })
  const startedAt = performance.now()
  const { sent, silent } = await survey('api.example.com', options)
  assert.ok(performance.now() - startedAt < 1_500)
  assert.deepEqual(sent, [])
  assert.match(silent[0]?.why ?? '', /no answer in 300 ms/)
})

test('a chain counts only where the server has proven its key, or could not', async (t) => {
  const { certificate } = await issue({ name: 'leaf', hosts: ['api.example.com'] })
  const shown = certificateMessage([certificate.der])
  const point = Buffer.concat([Buffer.from([3, 0, 23, 65, 4]), Buffer.alloc(64, 9)])
  const forged = message(12, Buffer.concat([point, Buffer.from([4, 3, 0, 8]), Buffer.alloc(8, 7)]))
  const done = message(14, Buffer.alloc(0))
  for (const flight of [[shown], [shown, forged], [shown, forged, done]]) {
    const options = await strangeServer(t, (socket) => {
      answering(...flight)(socket)
      setTimeout(() => socket.destroy(), 100)
    })
    const { sent, silent } = await survey('api.example.com', options)
    assert.deepEqual(sent, [])
    assert.equal(silent.length, 1)
  }
})
