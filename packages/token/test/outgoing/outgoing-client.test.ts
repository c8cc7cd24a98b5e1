import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { addressPolicy, type ResolveName } from '../../src/outgoing/address-policy.ts'
import { createOutgoingClient } from '../../src/outgoing/outgoing-client.ts'
import { testCa } from '../certificates.ts'

const host = 'login.example.com'
const ca = await testCa()
const certificate = await ca.issue(['dns', host], ['dns', 'localhost'], ['ip', '127.0.0.1'])

/** A real provider over TLS on this machine. */
async function startServer(answer: RequestListener = (_request, response) => response.end('{}')) {
  const server = createServer(certificate, answer)
  let connections = 0
  server.on('secureConnection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    /** Each connection is written to at its first request, in place of an answer. */
    answerRaw: (write: (socket: Duplex) => void) =>
      server.removeAllListeners('request').on('request', ({ socket }) => write(socket)),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Names resolve to these, one after the other, and to the last from then on. */
function resolvesTo(...answers: readonly (readonly string[])[]): ResolveName & { asked: number } {
  const resolve: ResolveName = (_name, _options, callback) => {
    const addresses = answers[Math.min(resolver.asked++, answers.length - 1)] ?? []
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  const resolver = Object.assign(resolve, { asked: 0 })
  return resolver
}

type Ask = { url: string; resolveName?: ResolveName; isPrivate?: boolean; configured?: string }
async function ask({ url, resolveName, isPrivate = false, configured }: Ask): Promise<string> {
  const client = createOutgoingClient({
    addresses: addressPolicy(isPrivate, configured === undefined ? [] : [new URL(configured)]),
    tls: { ca: Buffer.from(ca.cert) },
    resolveName,
  })
  try {
    const { bytes } = await client({
      url: new URL(url),
      signal: AbortSignal.timeout(2_000),
      maxBytes: 1_000,
      accept: 'application/json',
    })
    return Buffer.from(bytes).toString()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

test('a name that resolves to this machine is not asked, unless the provider says so', async () => {
  await using server = await startServer()
  const url = `https://${host}:${server.port}/`
  const resolveName = resolvesTo(['127.0.0.1'])
  assert.match(await ask({ url, resolveName }), /has the address 127\.0\.0\.1: a public address/)
  assert.equal(server.connections(), 0)
  assert.equal(await ask({ url, resolveName, isPrivate: true }), '{}')
})

test('no address of a private network, of the link or of a metadata service is connected to', async () => {
  for (const address of ['10.0.0.1', '192.168.1.1', 'fd00::1', '169.254.169.254', '::1', '::']) {
    const found = await ask({ url: `https://${host}/`, resolveName: resolvesTo([address]) })
    assert.match(found, /: a public address, or privateAddresses: true was expected$/, address)
  }
  for (const address of ['169.254.169.254', 'fe80::1', '100.100.100.200', '0.0.0.0']) {
    const asked = { url: `https://${host}/`, resolveName: resolvesTo([address]), isPrivate: true }
    assert.match(await ask(asked), /was expected$/, address)
  }
})

test('an address in the URL is looked at, too, however it is written', async () => {
  for (const name of ['127.0.0.1', '[::1]', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '10.1']) {
    assert.match(await ask({ url: `https://${name}:1/` }), /was expected$/, name)
  }
})

test('one private address among public ones refuses the name', async () => {
  const resolveName = resolvesTo(['8.8.8.8', '10.0.0.1'])
  assert.match(await ask({ url: `https://${host}/`, resolveName }), /10\.0\.0\.1: a public/)
})

test('a name that resolves to another address a moment later gains nothing (DNS rebinding)', async () => {
  await using server = await startServer()
  const url = `https://${host}:${server.port}/`
  // Were it looked at apart from the connection, the first answer would let the second one through.
  const resolveName = resolvesTo(['8.8.8.8'], ['127.0.0.1'])
  const first = ask({ url, resolveName })
  assert.doesNotMatch(await first, /\{\}/)
  assert.equal(resolveName.asked, 1, 'what was looked at is what is connected to')
  assert.match(await ask({ url, resolveName }), /has the address 127\.0\.0\.1/)
  assert.equal(server.connections(), 0)
})

test('this machine may be asked where the configuration itself names it', async () => {
  await using server = await startServer()
  const url = `https://localhost:${server.port}/keys`
  assert.equal(await ask({ url, configured: url }), '{}')
  assert.match(await ask({ url, configured: 'https://localhost:1/' }), /was expected$/)
  assert.match(await ask({ url, configured: `https://${host}/` }), /was expected$/)
})

test('plain HTTP goes to this machine alone, whatever localhost resolves to', async () => {
  const url = 'http://localhost:1/keys'
  const asked = { url, configured: url, isPrivate: true }
  assert.match(await ask({ ...asked, resolveName: resolvesTo(['10.0.0.1']) }), /: loopback was/)
  assert.match(await ask({ ...asked, resolveName: resolvesTo(['8.8.8.8']) }), /: loopback was/)
  assert.match(await ask({ ...asked, resolveName: resolvesTo(['127.0.0.1']) }), /ECONNREFUSED/)
})

test('a server with a certificate of another name is not believed', async () => {
  await using server = await startServer()
  const url = `https://other.example.com:${server.port}/`
  const found = await ask({ url, isPrivate: true, resolveName: resolvesTo(['127.0.0.1']) })
  assert.match(found, /altnames/)
})

test('a connection is kept for the next request, and a body over the bound is cut', async () => {
  await using server = await startServer((request, response) =>
    response.end(request.url === '/large' ? 'x'.repeat(1_001) : '{}'),
  )
  const url = new URL(`https://localhost:${server.port}/`)
  const client = createOutgoingClient({
    addresses: addressPolicy(false, [url]),
    tls: { ca: Buffer.from(ca.cert) },
  })
  const request = { maxBytes: 1_000, accept: 'application/json' }
  for (let time = 0; time < 3; time++) {
    await client({ ...request, url, signal: AbortSignal.timeout(2_000) })
  }
  assert.equal(server.connections(), 1)
  const large = new URL('/large', url)
  await assert.rejects(
    client({ ...request, url: large, signal: AbortSignal.timeout(2_000) }),
    /more than 1000 bytes/,
  )
})

test('an answer that changes to another protocol is a failure, and is not waited for', {
  timeout: 5_000,
}, async () => {
  await using server = await startServer()
  server.answerRaw((socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
  })
  const origin = `https://localhost:${server.port}`
  const asked = ask({ url: `${origin}/`, configured: origin })
  assert.match(await asked, /ended without an answer/)
})
