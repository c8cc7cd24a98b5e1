import assert from 'node:assert/strict'
import { createSecureServer } from 'node:http2'
import { createServer, type ServerOptions } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { after, before, type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { type Issuer, parseCertificate } from '@sallyport/pki'
import type { Transport, TransportIdentity, TransportRequest } from '@sallyport/sdk'
import { nodeTransport } from '../src/index.ts'
import { softwareKeyHandle } from '../src/software-key-store.ts'
import {
  createDevice,
  createDeviceCa,
  createIssuer,
  createServerIdentity,
  pemOf,
} from './deployment-pki.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

let service: Issuer
let deviceCa: Issuer
let serverOptions: ServerOptions

before(async () => {
  service = await createIssuer('service', 'Service')
  const root = await createIssuer('device', 'Devices')
  deviceCa = await createDeviceCa(root)
  const identity = await createServerIdentity(service, ['localhost', 'api.example.com'])
  const ca = pemOf(root.certificate)
  serverOptions = { ...identity, ca, requestCert: true, rejectUnauthorized: false }
})

type Started = { url: string; connections: Socket[] }

async function start(
  t: TestContext,
  httpVersion: '1.1' | '2',
  listener: Listener,
  options: ServerOptions = {},
): Promise<Started> {
  const settings = { ...serverOptions, ...options }
  const server: Server =
    httpVersion === '1.1'
      ? createServer(settings, listener)
      : createSecureServer(settings, listener as never)
  const connections: Socket[] = []
  server.on('secureConnection', (socket: Socket) => connections.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of connections) socket.destroy()
    server.close()
  })
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, connections }
}

function openTransport(t: TestContext, httpVersion: '1.1' | '2'): Transport {
  const transport = nodeTransport({ httpVersion })
  t.after(() => transport.close())
  return transport
}

const requestTo = (url: string, rest: Partial<TransportRequest> = {}): TransportRequest => ({
  url,
  method: 'GET',
  headers: [],
  body: undefined,
  identity: undefined,
  trust: { caCertificates: pemOf(service.certificate) },
  signal: new AbortController().signal,
  ...rest,
})

async function newIdentity(): Promise<TransportIdentity> {
  const { certificate, privateKey } = await createDevice(deviceCa)
  const key = softwareKeyHandle('key-1', privateKey)
  return { key, certificates: [certificate.der, deviceCa.certificate.der] }
}

const textOf = (body: unknown) =>
  new Response(body as ConstructorParameters<typeof Response>[0]).text()

/** Answers with the identity that TLS saw, and whether TLS believed it. */
const answerIdentity: Listener = (request, response) => {
  const socket = ((request as { stream?: { session?: { socket?: TLSSocket } } }).stream?.session
    ?.socket ?? request.socket) as TLSSocket
  const raw = socket.getPeerX509Certificate()?.raw
  response.end(raw === undefined ? 'nobody' : (parseCertificate(raw).uris[0] ?? 'nameless'))
}

after(() => undefined)

for (const httpVersion of ['1.1', '2'] as const) {
  const over = `over HTTP/${httpVersion}`

  test(`the certificate is presented where there is one, and none where there is none, ${over}`, async (t) => {
    const { url } = await start(t, httpVersion, answerIdentity)
    const transport = openTransport(t, httpVersion)
    const identity = await newIdentity()
    const expected = parseCertificate(identity.certificates[0] as Uint8Array).uris[0]
    for (const [given, told] of [
      [identity, expected],
      [undefined, 'nobody'],
      [identity, expected],
    ] as const) {
      const { body } = await transport.send(requestTo(url, { identity: given }))
      assert.equal(await textOf(body), told)
    }
  })

  test(`a connection is kept for one identity, and made anew for the next, ${over}`, async (t) => {
    const { url, connections } = await start(t, httpVersion, answerIdentity)
    const transport = openTransport(t, httpVersion)
    const first = await newIdentity()
    for (let count = 0; count < 3; count++) {
      await textOf((await transport.send(requestTo(url, { identity: first }))).body)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    assert.equal(connections.length, 1)
    const second = await newIdentity()
    await textOf((await transport.send(requestTo(url, { identity: second }))).body)
    assert.equal(connections.length, 2)
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(connections[0]?.destroyed, true, 'the connection of the old identity has ended')
    assert.equal(connections[1]?.destroyed, false)
  })

  test(`what is under way goes on when the identity changes, ${over}`, async (t) => {
    let finish = () => {}
    const { url } = await start(t, httpVersion, (request, response) => {
      if (request.url === '/slow') {
        response.write('begun ')
        finish = () => response.end('done')
      } else response.end('quick')
    })
    const transport = openTransport(t, httpVersion)
    const slow = await transport.send(requestTo(`${url}/slow`, { identity: await newIdentity() }))
    const quick = await transport.send(requestTo(`${url}/quick`, { identity: await newIdentity() }))
    assert.equal(await textOf(quick.body), 'quick')
    finish()
    assert.equal(await textOf(slow.body), 'begun done')
  })

  test(`method, headers and body arrive, and come back, ${over}`, async (t) => {
    const { url } = await start(t, httpVersion, (request, response) => {
      const { method, url: target, headers } = request
      response.writeHead(418, {
        'Set-Cookie': ['a=1', 'b=2'],
        'X-Seen': `${String(method)} ${String(target)}`,
      })
      response.write(`${String(headers['x-one'])}|${String(headers['content-length'])}|`)
      request.pipe(response)
    })
    const transport = openTransport(t, httpVersion)
    const bytes = new Uint8Array(300_000).fill(97)
    for (const body of [bytes, new Blob([bytes]).stream()]) {
      const request = {
        method: 'PUT',
        body: body as Uint8Array,
        headers: [['X-One', '1']] as const,
      }
      const answer = await transport.send(requestTo(`${url}/a?b=c`, request))
      assert.equal(answer.status, 418)
      const values = (name: string) =>
        answer.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
      assert.deepEqual(values('x-seen'), ['PUT /a?b=c'])
      assert.deepEqual(values('set-cookie'), ['a=1', 'b=2'])
      const length = body === bytes ? '300000' : 'undefined'
      assert.equal(await textOf(answer.body), `1|${length}|${'a'.repeat(300_000)}`)
    }
  })

  test(`a redirect is an answer, ${over}`, async (t) => {
    const { url } = await start(t, httpVersion, (_, response) => {
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    const { status } = await openTransport(t, httpVersion).send(requestTo(url))
    assert.equal(status, 302)
  })

  test(`a server of another CA, or of another name, is a failure of TLS, ${over}`, async (t) => {
    const { url } = await start(t, httpVersion, answerIdentity)
    const transport = openTransport(t, httpVersion)
    const stranger = await createIssuer('service', 'Stranger')
    const trust = { caCertificates: pemOf(stranger.certificate) }
    await assert.rejects(transport.send(requestTo(url, { trust })), { failure: 'tls' })
    const byAddress = url.replace('localhost', '127.0.0.1')
    await assert.rejects(transport.send(requestTo(byAddress)), { failure: 'tls' })
    await assert.rejects(transport.send(requestTo(url, { trust: 'system' })), { failure: 'tls' })
  })

  test(`a server that wants a certificate and gets none says so in TLS, ${over}`, async (t) => {
    const options = { rejectUnauthorized: true }
    const { url } = await start(t, httpVersion, answerIdentity, options)
    await assert.rejects(openTransport(t, httpVersion).send(requestTo(url)), { failure: 'tls' })
  })

  test(`where nobody listens there is no connection, ${over}`, async (t) => {
    const transport = openTransport(t, httpVersion)
    await assert.rejects(transport.send(requestTo('https://localhost:1')), { failure: 'connect' })
  })

  test(`an answer that does not come is lost, and so is one that ends midway, ${over}`, async (t) => {
    const { url, connections } = await start(t, httpVersion, (request, response) => {
      if (request.url === '/midway') response.write('half')
      setTimeout(() => connections.at(-1)?.destroy(), 20)
    })
    const transport = openTransport(t, httpVersion)
    await assert.rejects(transport.send(requestTo(url)), { failure: 'lost' })
    const { body } = await transport.send(requestTo(`${url}/midway`))
    await assert.rejects(textOf(body))
    await assert.rejects(transport.send(requestTo(url)), { failure: 'lost' })
  })

  test(`an abort ends the request at once, and the body of an answer, ${over}`, async (t) => {
    const { url } = await start(t, httpVersion, (request, response) => {
      if (request.url === '/body') response.write('half')
    })
    const transport = openTransport(t, httpVersion)
    const first = new AbortController()
    setTimeout(() => first.abort(), 20)
    await assert.rejects(transport.send(requestTo(url, { signal: first.signal })))
    const second = new AbortController()
    const { body } = await transport.send(requestTo(`${url}/body`, { signal: second.signal }))
    setTimeout(() => second.abort(), 20)
    await assert.rejects(textOf(body))
  })

  test(`a host that no resolver knows is found by the address that was given, ${over}`, async (t) => {
    const { url } = await start(t, httpVersion, answerIdentity)
    const addresses = { 'api.example.com': '127.0.0.1' }
    const transport = nodeTransport({ httpVersion, addresses })
    t.after(() => transport.close())
    const { status } = await transport.send(requestTo(url.replace('localhost', 'api.example.com')))
    assert.equal(status, 200)
    await assert.rejects(transport.send(requestTo(url)), { failure: 'connect' })
  })
}
