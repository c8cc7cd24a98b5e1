import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rename, stat, writeFile } from 'node:fs/promises'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { ask, type Answer, askOnce, closed, connect, eventually } from '../support/client.ts'
import { type Bed, type BedOptions, startBed } from '../support/gateway.ts'
import { createWorld, type Identity, type TestDevice, type World } from '../support/world.ts'

const secret = 'a-secret-of-thirty-two-characters-or-more'

const clientCert = (device: TestDevice) =>
  `Client-Cert: :${device.certificate.der.toString('base64')}:`
const from = 'X-Forwarded-For: 192.0.2.7'

type HopBed = { readonly bed: Bed; readonly world: World; readonly directory: string }

/** A gateway whose first listener is for a proxy, and whose second is for devices. */
async function hopBed(
  t: TestContext,
  hop: object,
  more: {
    listener?: object
    certificates?: object
    gateway?: object
    hosts?: BedOptions['hosts']
  } = {},
): Promise<HopBed> {
  const world = await createWorld()
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-hop-'))
  await writeFile(path.join(directory, 'hop-ca.pem'), world.serviceCa)
  await writeFile(path.join(directory, 'secret'), `${secret}\n`)
  const listener = {
    address: '127.0.0.1:0',
    clientCertificates: { form: 'rfc9440', hop, ...more.certificates },
    ...more.listener,
  }
  const bed = await startBed(t, {
    world,
    directory,
    gateway: { listen: [listener, '127.0.0.1:0'], ...more.gateway },
    ...(more.hosts === undefined ? {} : { hosts: more.hosts }),
  })
  return { bed, world, directory }
}

const overNetwork = { network: { from: ['127.0.0.0/8'] } }
const overSecret = { sharedSecret: { file: 'secret' } }
const withSecret = `Sallyport-Hop-Secret: ${secret}`

function ofDevices(bed: Bed): Bed {
  return { ...bed, port: Number(bed.gateway.addresses.listen[1]?.split(':').at(-1)) }
}

async function send(bed: Bed, headers: string[], identity?: Identity): Promise<Answer> {
  return askOnce(bed, identity, '/', { headers })
}

const code = (answer: Answer) => answer.json<{ code?: string }>().code

async function decisionOf(
  bed: Bed,
  answer: Answer,
): Promise<{ address: string; code?: string; stages: { stage: string; found?: string }[] }> {
  const id = answer.headers['x-request-id'] ?? ''
  const response = await fetch(`${bed.operations}/decisions/${id}`)
  return (await response.json()) as never
}

test('a certificate that a proxy tells is held to what a device’s own is', async (t) => {
  const { bed, world } = await hopBed(t, overNetwork)
  const device = await world.device()
  const answer = await send(bed, [clientCert(device), from, 'X-Forwarded-Proto: https'])
  assert.equal(answer.status, 200)
  const seen = bed.service.seen.at(-1)
  assert.match(String(seen?.['sallyport-device']), new RegExp(`^${device.deviceId};`))
  assert.equal(seen?.['x-forwarded-for'], '192.0.2.7')
  assert.equal(seen?.['forwarded'], 'for=192.0.2.7;host="api.example.com";proto=https')
  assert.equal(seen?.['client-cert'], `:${device.certificate.der.toString('base64')}:`)

  assert.equal(code(await send(bed, [from])), 'device_certificate_required')
  const stranger = await world.device({ issuer: await (await createWorld()).newDeviceCa() })
  assert.equal(code(await send(bed, [clientCert(stranger), from])), 'device_certificate_untrusted')
  const expired = await world.device({ notBefore: Date.now() - 9e7, notAfter: Date.now() - 1_000 })
  assert.equal(code(await send(bed, [clientCert(expired), from])), 'device_certificate_expired')
})

test('a revocation holds from the next request on, and ends what is under way there', async (t) => {
  const { bed, world } = await hopBed(t, overNetwork)
  const device = await world.device()
  const socket = await connect(bed)
  assert.equal((await ask(socket, '/', { headers: [clientCert(device), from] })).status, 200)
  const slow = await connect(bed)
  slow.write(
    `GET /slow HTTP/1.1\r\nHost: api.example.com\r\n${clientCert(device)}\r\n${from}\r\n\r\n`,
  )
  await once(slow, 'data')
  bed.authority.change('device', device.deviceId, 'revoked')
  await closed(slow)
  const refused = await ask(socket, '/', { headers: [clientCert(device), from] })
  assert.equal(code(refused), 'device_revoked')
})

test('two devices of one connection are two callers', async (t) => {
  const { bed, world } = await hopBed(t, overNetwork)
  const [one, other] = [await world.device(), await world.device()]
  const socket = await connect(bed)
  for (const device of [one, other, one, other]) {
    const answer = await ask(socket, '/', { headers: [clientCert(device), from] })
    assert.equal(answer.status, 200)
    assert.match(String(bed.service.seen.at(-1)?.['sallyport-device']), new RegExp(device.deviceId))
  }
  bed.authority.change('device', one.deviceId, 'suspended')
  await eventually(async () => {
    const again = await connect(bed)
    const answer = await ask(again, '/', { headers: [clientCert(one), from] })
    again.destroy()
    return answer.status === 403
  })
  assert.equal(
    (await ask(await connect(bed), '/', { headers: [clientCert(other), from] })).status,
    200,
  )
})

test('the host is that of each request, and a stranger to the gateway is misdirected', async (t) => {
  const hosts = {
    'api.example.com': { clientCertificate: 'explain' },
    'open.example.com': { clientCertificate: 'off' },
  }
  const { bed, world } = await hopBed(t, overNetwork, { hosts })
  const device = await world.device()
  const socket = await connect(bed)
  const askFor = async (host: string, headers: string[]) => ask(socket, '/', { host, headers })
  assert.equal((await askFor('open.example.com', [from])).status, 200)
  assert.equal((await askFor('API.example.com:443', [clientCert(device), from])).status, 200)
  assert.equal((await askFor('api.example.com', [from])).status, 401)
  assert.equal((await askFor('other.example.com', [from])).status, 421)
})

test('nobody names a host to a listener for a proxy: its TLS needs none', async (t) => {
  const { bed, world } = await hopBed(t, overNetwork)
  const socket = tls.connect({ port: bed.port, host: '127.0.0.1', rejectUnauthorized: false })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  const answer = await ask(socket, '/', { headers: [clientCert(await world.device()), from] })
  assert.equal(answer.status, 200)
})

test('an address that cannot be read is refused with its code', async (t) => {
  const { bed, world } = await hopBed(t, overNetwork, {
    certificates: { clientAddress: { trusted: ['10.0.0.0/8'] } },
  })
  const device = await world.device()
  for (const fields of [[], ['X-Forwarded-For: unknown'], ['X-Forwarded-For: 192.0.2.7, evil']]) {
    const answer = await send(bed, [clientCert(device), ...fields])
    assert.equal(answer.status, 403)
    assert.equal(code(answer), 'forwarded_address_invalid')
  }
  const spoofed = 'X-Forwarded-For: 127.0.0.1, 198.51.100.9, 10.0.0.3'
  assert.equal((await send(bed, [clientCert(device), spoofed])).status, 200)
  assert.equal(bed.service.seen.at(-1)?.['x-forwarded-for'], '198.51.100.9')
})

test('a certificate that cannot be read, or came twice, is refused with its code', async (t) => {
  const { bed, world } = await hopBed(t, overNetwork)
  const device = await world.device()
  for (const fields of [
    ['Client-Cert: :AAAA:'],
    ['Client-Cert: x'],
    [clientCert(device), clientCert(device)],
  ]) {
    const answer = await send(bed, [...fields, from])
    assert.equal(answer.status, 403)
    assert.equal(code(answer), 'forwarded_certificate_invalid')
  }
})

test('a certificate in any other form than that of the listener means nothing', async (t) => {
  const { bed, world } = await hopBed(t, overNetwork)
  const base64 = (await world.device()).certificate.der.toString('base64')
  for (const field of [
    'X-Forwarded-Tls-Client-Cert',
    'X-SSL-Client-Cert',
    'Cf-Client-Cert-Der-Base64',
  ]) {
    assert.equal(
      code(await send(bed, [`${field}: ${base64}`, from])),
      'device_certificate_required',
    )
    assert.equal(bed.service.seen.length, 0)
  }
})

test('network: whoever is not in it is closed in the handshake', async (t) => {
  const { bed } = await hopBed(t, { network: { from: ['10.0.0.0/8'] } })
  await assert.rejects(connect(bed).then((socket) => ask(socket)))
  await eventually(() =>
    bed.log.some(({ fields }) => fields['code'] === 'handshake_hop_unauthenticated'),
  )
})

test('mutual TLS: only a certificate of the CA, with one of the names, is the proxy', async (t) => {
  const { bed, world } = await hopBed(t, {
    mutualTls: { caFile: 'hop-ca.pem', names: ['spiffe://example.com/gateway/edge-1'] },
  })
  const device = await world.device()
  const proxy = await world.gateway('edge-1')
  const headers = [clientCert(device), from]
  const answer = await send(bed, headers, proxy)
  assert.equal(answer.status, 200)
  const others = [undefined, await world.gateway('edge-2'), await world.server('edge-1'), device]
  for (const other of others) await assert.rejects(send(bed, headers, other))
  const elsewhere = await (await createWorld()).gateway('edge-1')
  await assert.rejects(send(bed, headers, elsewhere))
  const found = () =>
    bed.log.flatMap(({ fields }) =>
      fields['code'] === 'handshake_hop_unauthenticated' ? [String(fields['found'])] : [],
    )
  await eventually(() => found().length === 5)
  assert(found().includes('no certificate'))
  assert(found().some((text) => text.endsWith('another name')))
  assert(found().some((text) => text.endsWith('issued by another CA')))
})

test('shared secret: each request brings it, and services never see it', async (t) => {
  const { bed, world, directory } = await hopBed(t, overSecret)
  const device = await world.device()
  const headers = [clientCert(device), from]
  assert.equal((await send(bed, [...headers, withSecret])).status, 200)
  assert.equal(bed.service.seen.at(-1)?.['sallyport-hop-secret'], undefined)
  const socket = await connect(bed)
  assert.equal((await ask(socket, '/', { headers: [...headers, withSecret] })).status, 200)
  for (const wrong of [
    [],
    [`${withSecret}x`],
    [withSecret, withSecret],
    ['Sallyport-Hop-Secret: '],
  ]) {
    const answer = await ask(socket, '/', { headers: [...headers, ...wrong] })
    assert.equal(answer.status, 403)
    assert.equal(code(answer), 'hop_unauthenticated')
    const decision = JSON.stringify(await decisionOf(bed, answer))
    assert(!decision.includes(secret))
  }
  assert(!JSON.stringify(bed.log).includes(secret))
  await writeFile(path.join(directory, 'short'), 'short')
})

test('shared secret: one is replaced by the next without a refusal', async (t) => {
  const next = 'the-next-secret-of-thirty-two-characters'
  const { bed, world, directory } = await hopBed(t, {
    sharedSecret: { file: 'secret', nextFile: 'secret' },
  })
  const headers = [clientCert(await world.device()), from]
  const socket = await connect(bed)
  const status = async (text: string) =>
    (await ask(socket, '/', { headers: [...headers, `Sallyport-Hop-Secret: ${text}`] })).status
  assert.equal(await status(secret), 200)
  assert.equal(await status(next), 403)
  await writeFile(path.join(directory, 'secret.new'), next)
  await rename(path.join(directory, 'secret.new'), path.join(directory, 'secret'))
  // The same connection is held to what is in force now.
  await eventually(async () => (await status(next)) === 200)
  assert.equal(await status(secret), 403)
})

test('a Unix socket: plain HTTP/1 and HTTP/2, with the mode that was asked for', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sp-'))
  const file = path.join(directory, 'gateway.sock')
  const { bed, world } = await hopBed(
    t,
    { unixSocket: { mode: '0660' } },
    { listener: { address: `unix:${file}` } },
  )
  assert.equal((await stat(file)).mode & 0o777, 0o660)
  assert.equal(bed.gateway.addresses.listen[0], `unix:${file}`)
  const device = await world.device()
  const der = device.certificate.der.toString('base64')
  const headers = {
    host: 'api.example.com',
    'client-cert': `:${der}:`,
    'x-forwarded-for': '192.0.2.7',
  }

  const status = await new Promise((resolve, reject) => {
    const request = http.get({ socketPath: file, path: '/', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('error', reject)
  })
  assert.equal(status, 200)
  assert.equal(bed.service.seen.at(-1)?.['x-forwarded-for'], '192.0.2.7')

  const socket = net.connect({ path: file })
  await once(socket, 'connect')
  const session = http2.connect('http://api.example.com', { createConnection: () => socket })
  t.after(() => session.destroy())
  for (let turn = 0; turn < 3; turn++) {
    const stream = session.request({
      ':path': '/',
      'client-cert': `:${der}:`,
      'x-forwarded-for': '192.0.2.8',
    })
    const [answer] = (await once(stream, 'response')) as [Record<string, unknown>]
    assert.equal(answer[':status'], 200)
    stream.resume()
    await once(stream, 'end')
  }
  assert.equal(bed.service.seen.at(-1)?.['x-forwarded-for'], '192.0.2.8')
})

test('a WebSocket that came by way of a proxy ends with its device', async (t) => {
  const { bed, world } = await hopBed(t, overNetwork)
  const device = await world.device()
  const socket = await connect(bed)
  socket.write(
    `GET / HTTP/1.1\r\nHost: api.example.com\r\n${clientCert(device)}\r\n${from}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  const [head] = (await once(socket, 'data')) as [Buffer]
  assert.match(head.toString('latin1'), /^HTTP\/1\.1 101/)
  bed.authority.change('device', device.deviceId, 'revoked')
  await closed(socket)
})

const forgeries = (device: TestDevice): string[] => {
  const base64 = device.certificate.der.toString('base64')
  const pem = encodeURIComponent(device.cert)
  return [
    clientCert(device),
    `Client-Cert-Chain: :${base64}:`,
    `X-Forwarded-Client-Cert: Hash=00;Cert="${pem}";Chain="${pem}"`,
    `ssl-client-cert: ${pem}`,
    'ssl-client-verify: SUCCESS',
    `X-SSL-Client-Cert: ${base64}`,
    `X-SSL-Cert: ${pem}`,
    `X-Client-Cert: ${pem}`,
    `X-Client-Cert-Leaf: :${base64}:`,
    `X-Forwarded-Tls-Client-Cert: ${base64}`,
    'X-Forwarded-Tls-Client-Cert-Info: Subject="CN=x"',
    `X-Amzn-Mtls-Clientcert: ${pem}`,
    `X-Amzn-Mtls-Clientcert-Leaf: ${pem}`,
    `CloudFront-Viewer-Cert-Pem: ${pem}`,
    'CloudFront-Viewer-Address: 198.51.100.1:1',
    `Cf-Client-Cert-Der-Base64: ${base64}`,
    'Cf-Connecting-IP: 198.51.100.1',
    'True-Client-IP: 198.51.100.1',
    'X-Real-IP: 198.51.100.1',
    'X-Client-IP: 198.51.100.1',
    'X-Forwarded-For: 198.51.100.1',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Host: admin.example.com',
    'Forwarded: for=198.51.100.1;host=admin.example.com',
    `Sallyport-Device: ${device.deviceId}; assurance=strongbox`,
    `Sallyport-Hop-Secret: ${secret}`,
  ]
}

test('from outside no such field is believed, and none reaches a service', async (t) => {
  const { bed, world } = await hopBed(t, overSecret, {
    hosts: {
      'api.example.com': {
        clientCertificate: 'optional',
        routes: [
          {
            match: { path: '/open' },
            upstream: 'service',
            stages: { device: { required: false } },
          },
          { match: { path: '/*' }, upstream: 'service', stages: { device: { required: true } } },
        ],
      },
    },
  })
  const outside = ofDevices(bed)
  const device = await world.device()
  const headers = forgeries(device)
  assert.equal((await send(outside, headers)).status, 401)
  assert.equal(bed.service.seen.length, 0)
  const open = await askOnce(outside, undefined, '/open', { headers })
  assert.equal(open.status, 200)
  const seen = bed.service.seen.at(-1) ?? {}
  for (const line of headers) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase()
    const ours: Record<string, string> = {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      forwarded: 'for=127.0.0.1;host="api.example.com";proto=https',
    }
    assert.equal(seen[name], ours[name], name)
  }
})
