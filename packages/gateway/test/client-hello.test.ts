import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import tls from 'node:tls'
import fc from 'fast-check'
import { maxClientHelloBytes, readClientHello } from '../src/edge/client-hello.ts'

/** What a client of node, and with it OpenSSL, begins with. */
async function firstFlight(options: tls.ConnectionOptions): Promise<Buffer> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const { port } = server.address() as net.AddressInfo
  const client = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  client.on('error', () => {})
  const [socket] = (await accepted) as [net.Socket]
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  return bytes
}

/** The same message in records of so many bytes. */
function inRecords(flight: Buffer, size: number): Buffer {
  const message = flight.subarray(5)
  const records: Buffer[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size)
    const head = Buffer.from(flight.subarray(0, 5))
    head.writeUInt16BE(part.length, 3)
    records.push(head, part)
  }
  return Buffer.concat(records)
}

const flight = await firstFlight({
  servername: 'API.Example.com',
  ALPNProtocols: ['h2', 'http/1.1'],
})

test('name and protocols are read as they were sent, the name in lower case', () => {
  const reading = readClientHello(flight)
  assert.equal(reading.state, 'read')
  assert(reading.state === 'read')
  assert.equal(reading.hello.serverName, 'api.example.com')
  assert.deepEqual(reading.hello.alpnProtocols, ['h2', 'http/1.1'])
})

test('a client may name no host and no protocol, and speak TLS 1.2 alone', async () => {
  const plain = await firstFlight({ servername: '', maxVersion: 'TLSv1.2' })
  const reading = readClientHello(plain)
  assert(reading.state === 'read')
  assert.equal(reading.hello.serverName, undefined)
  assert.deepEqual(reading.hello.alpnProtocols, [])
})

test('until the last byte has come there is more to come', () => {
  for (let length = 0; length < flight.length; length++) {
    assert.equal(readClientHello(flight.subarray(0, length)).state, 'more', `${length} bytes`)
  }
})

test('it is read out of many records as out of one', () => {
  for (const size of [64, 100, 333, 1_000]) {
    const reading = readClientHello(inRecords(flight, size))
    assert(reading.state === 'read', `records of ${size}`)
    assert.equal(reading.hello.serverName, 'api.example.com')
  }
})

test('more records than any client makes are refused', () => {
  assert.equal(readClientHello(inRecords(flight, 1)).state, 'refused')
})

test('what comes in records behind it is left to TLS', () => {
  const reading = readClientHello(Buffer.concat([flight, Buffer.from([20, 3, 3, 0, 1, 1])]))
  assert.equal(reading.state, 'read')
})

const refused: Record<string, Buffer> = {
  'an alert': Buffer.from([21, 3, 3, 0, 2, 2, 40]),
  'a version that is none': Buffer.from([22, 9, 1, 0, 5, 1, 0, 0, 1, 0]),
  'an empty record': Buffer.from([22, 3, 1, 0, 0]),
  'a ServerHello': Buffer.from([22, 3, 3, 0, 4, 2, 0, 0, 0]),
  'bytes behind the message in its record': Buffer.from([22, 3, 1, 0, 5, 1, 0, 0, 0, 0]),
  'an empty message': Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0]),
}
for (const [what, bytes] of Object.entries(refused)) {
  test(`${what} is refused`, () => {
    const reading = readClientHello(bytes)
    assert(reading.state === 'refused')
    assert.equal(reading.code, 'handshake_client_hello_invalid')
  })
}

test('a message larger than the limit is refused before it has come', () => {
  const head = Buffer.from([22, 3, 1, 0x40, 0, 1, 0, 0, 0])
  head.writeUIntBE(maxClientHelloBytes, 6, 3)
  const reading = readClientHello(head)
  assert(reading.state === 'refused')
  assert.equal(reading.code, 'handshake_client_hello_too_large')
})

test('two names, two extensions of a kind and a name that is none are refused', () => {
  const hello = (extensions: Buffer) => {
    const body = Buffer.concat([
      Buffer.from([3, 3]),
      Buffer.alloc(32),
      Buffer.from([0, 0, 2, 0x13, 1, 1, 0]),
      Buffer.from([extensions.length >> 8, extensions.length & 255]),
      extensions,
    ])
    const message = Buffer.concat([Buffer.from([1, 0, body.length >> 8, body.length & 255]), body])
    return Buffer.concat([
      Buffer.from([22, 3, 1, message.length >> 8, message.length & 255]),
      message,
    ])
  }
  const sni = (...names: string[]) => {
    const list = Buffer.concat(
      names.map((name) =>
        Buffer.concat([Buffer.from([0, 0, name.length]), Buffer.from(name, 'latin1')]),
      ),
    )
    return Buffer.concat([Buffer.from([0, 0, 0, list.length + 2, 0, list.length]), list])
  }
  assert.equal(readClientHello(hello(sni('a.example'))).state, 'read')
  for (const extensions of [
    sni('a.example', 'b.example'),
    Buffer.concat([sni('a.example'), sni('b.example')]),
    sni('a example'),
    sni('a\0.example'),
    sni('..'),
    sni(''),
  ]) {
    assert.equal(readClientHello(hello(extensions)).state, 'refused')
  }
})

test('no bytes make it throw, and no change of a byte makes it read what was not sent', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      readClientHello(Buffer.from(bytes))
    }),
  )
  const at = fc.nat({ max: flight.length - 1 })
  fc.assert(
    fc.property(at, fc.nat({ max: 255 }), (index, value) => {
      const changed = Buffer.from(flight)
      changed[index] = value
      const reading = readClientHello(changed)
      if (reading.state !== 'read') return
      assert(reading.hello.body.length <= flight.length)
    }),
    { numRuns: 2_000 },
  )
})
