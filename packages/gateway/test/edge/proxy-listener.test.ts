import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import tls, { type TLSSocket } from 'node:tls'
import { ask, closed, eventually } from '../support/client.ts'
import { type Bed, startBed } from '../support/gateway.ts'
import type { Identity } from '../support/world.ts'

const listen = (from: string[]) => [{ address: '127.0.0.1:0', proxyProtocol: { from } }]

async function bedBehind(t: TestContext, from = ['127.0.0.0/8'], more = {}): Promise<Bed> {
  return startBed(t, {
    gateway: { listen: listen(from), limits: { handshakeSeconds: 1 }, ...more },
  })
}

async function dial(bed: Bed): Promise<net.Socket> {
  const socket = net.connect(bed.port, '127.0.0.1')
  socket.on('error', () => {})
  // A connection may be reset before it is told that it was made.
  await once(socket, 'connect').catch(() => {})
  return socket
}

async function secured(bed: Bed, socket: net.Socket, identity: Identity): Promise<TLSSocket> {
  const secure = tls.connect({
    socket,
    servername: 'api.example.com',
    ca: bed.world.serviceCa,
    ALPNProtocols: ['http/1.1'],
    ...identity,
  })
  secure.on('error', () => {})
  await once(secure, 'secureConnect')
  return secure
}

function handshakeFault(bed: Bed): string | undefined {
  const line = bed.log.find(({ message }) => message === 'a handshake failed')
  return line === undefined
    ? undefined
    : `${String(line.fields['code'])}: ${String(line.fields['found'])}`
}

const header = (address: string) => `PROXY TCP4 ${address} 127.0.0.1 40000 443\r\n`

test('the address of the client is the one in the header, for services, log and decisions', async (t) => {
  const bed = await bedBehind(t)
  const device = await bed.world.device()
  const socket = await dial(bed)
  socket.write(header('192.0.2.77'))
  const answer = await ask(await secured(bed, socket, device))
  assert.equal(answer.status, 200)
  assert.equal(bed.service.seen.at(-1)?.['x-forwarded-for'], '192.0.2.77')
  assert.equal(
    bed.service.seen.at(-1)?.['forwarded'],
    'for=192.0.2.77;host="api.example.com";proto=https',
  )
})

test('a header that comes byte by byte, joined with the ClientHello, is read', async (t) => {
  const bed = await bedBehind(t)
  const device = await bed.world.device()
  const socket = await dial(bed)
  socket.setNoDelay(true)
  for (const byte of Buffer.from(header('192.0.2.78'))) {
    socket.write(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  assert.equal((await ask(await secured(bed, socket, device))).status, 200)
  assert.equal(bed.service.seen.at(-1)?.['x-forwarded-for'], '192.0.2.78')
})

test('without a header there is no handshake, and the record says what was expected', async (t) => {
  const bed = await bedBehind(t)
  const device = await bed.world.device()
  const socket = await dial(bed)
  await assert.rejects(secured(bed, socket, device))
  await eventually(() => handshakeFault(bed) !== undefined)
  assert.match(
    handshakeFault(bed) ?? '',
    /^handshake_proxy_header_invalid: bytes that begin no header/,
  )
})

test('a second header is no ClientHello', async (t) => {
  const bed = await bedBehind(t)
  const socket = await dial(bed)
  socket.write(header('192.0.2.77') + header('198.51.100.1'))
  await closed(socket)
  await eventually(() => handshakeFault(bed) !== undefined)
  assert.match(
    handshakeFault(bed) ?? '',
    /^handshake_client_hello_invalid: a PROXY protocol header/,
  )
})

test('whoever is in no listed network is closed, whatever header it brings', async (t) => {
  const bed = await bedBehind(t, ['10.0.0.0/8'])
  const socket = await dial(bed)
  socket.write(header('10.0.0.1'))
  await closed(socket)
  await eventually(() => handshakeFault(bed) !== undefined)
  assert.equal(handshakeFault(bed), 'handshake_proxy_refused: 127.0.0.1')
})

test('a listener without PROXY protocol takes no header', async (t) => {
  const bed = await startBed(t)
  const socket = await dial(bed)
  socket.write(header('192.0.2.77'))
  await closed(socket)
  await eventually(() => handshakeFault(bed) !== undefined)
  assert.match(
    handshakeFault(bed) ?? '',
    /^handshake_client_hello_invalid: a PROXY protocol header/,
  )
})

test('half a header, and one too large, end in time', async (t) => {
  const bed = await bedBehind(t)
  const half = await dial(bed)
  half.write('PROXY TCP4 192.0.2.7')
  const large = await dial(bed)
  large.write(
    Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n!\x11', 'latin1'), Buffer.from([0xff, 0xff])]),
  )
  await Promise.all([closed(half), closed(large)])
  const codes = () =>
    bed.log
      .filter(({ message }) => message === 'a handshake failed')
      .map(({ fields }) => fields['code'])
  await eventually(() => codes().length === 2)
  assert.deepEqual(codes().toSorted(), ['handshake_proxy_header_invalid', 'handshake_timeout'])
})

test('a balancer that speaks for itself is served as itself', async (t) => {
  const bed = await bedBehind(t)
  const device = await bed.world.device()
  const socket = await dial(bed)
  socket.write('PROXY UNKNOWN\r\n')
  assert.equal((await ask(await secured(bed, socket, device))).status, 200)
  assert.equal(bed.service.seen.at(-1)?.['x-forwarded-for'], '127.0.0.1')
})

test('lists and limits hold for the address in the header, not for the balancer', async (t) => {
  const bed = await bedBehind(t, ['127.0.0.1/32'], {
    addresses: { deny: ['192.0.2.0/24', '127.0.0.0/8'], closeConnections: true },
    limits: { maxConnectionsPerAddress: 1 },
  })
  const device = await bed.world.device()
  const first = await dial(bed)
  first.write(header('198.51.100.1'))
  const open = await secured(bed, first, device)
  assert.equal((await ask(open)).status, 200)
  const second = await dial(bed)
  second.write(header('198.51.100.1'))
  await assert.rejects(secured(bed, second, device))
  const blocked = await dial(bed)
  blocked.write(header('192.0.2.9'))
  await assert.rejects(secured(bed, blocked, device))
  open.destroy()
  await eventually(async () => {
    const third = await dial(bed)
    third.write(header('198.51.100.1'))
    return secured(bed, third, device).then(
      (socket) => (socket.destroy(), true),
      () => false,
    )
  })
  await eventually(
    () => bed.log.filter(({ message }) => message === 'a handshake failed').length >= 2,
  )
  const codes = new Set(bed.log.map(({ fields }) => fields['code']))
  assert(codes.has('handshake_address_blocked') && codes.has('handshake_too_many_connections'))
})

test('a mixed-up configuration is refused at its place', async (t) => {
  await assert.rejects(bedBehind(t, ['10.0.0.1/8']), /proxyProtocol\/from|no network/)
})
