import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { survey } from '../src/index.ts'

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
