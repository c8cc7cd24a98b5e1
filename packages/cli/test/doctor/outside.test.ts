import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import {
  createRoot,
  generateKey,
  issueServerCertificate,
  signingKeyOf,
  toPem,
} from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import { selfMade } from '../../src/doctor/outside/forged-identities.ts'
import { examineOutside } from '../../src/doctor/outside/examine-outside.ts'

const keyPair = await generateKey('ec-p256')
const key = signingKeyOf(keyPair)
const now = Date.now()
const root = await createRoot({ key, commonName: 'CA', kind: 'service', now })
const leaf = await issueServerCertificate({
  issuer: { certificate: root, key },
  spki: keyPair.publicKey.export({ format: 'der', type: 'spki' }),
  names: ['localhost'],
  now,
  days: 2,
})
const tlsOptions = {
  cert: toPem('CERTIFICATE', leaf.der),
  key: keyPair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
}

type Decide = (request: IncomingMessage) => { status: number; code?: string }

/** Somebody who answers as a gateway does, and believes what a test says. */
async function startServer(
  t: TestContext,
  decide: Decide,
  stripsProxyHeader = false,
): Promise<string> {
  const server = createTlsServer(tlsOptions, (request, response) => {
    const { status, code } = decide(request)
    response.writeHead(status, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify(code === undefined ? {} : { code }))
  })
  const front = stripsProxyHeader
    ? net.createServer((socket) => {
        socket.once('data', (bytes: Buffer) => {
          const end = bytes.toString('latin1').startsWith('PROXY ') ? bytes.indexOf('\r\n') + 2 : 0
          socket.pause()
          if (end < bytes.length) socket.unshift(bytes.subarray(end))
          server.emit('connection', socket)
        })
      })
    : server
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  t.after(() => {
    front.close()
    server.closeAllConnections()
  })
  return `https://localhost:${(front.address() as AddressInfo).port}/v1/accounts`
}

const demand = { status: 401, code: 'device_certificate_required' }
const identities = [await selfMade(now)]

test('who believes nobody passes', async (t) => {
  const findings = await examineOutside(await startServer(t, () => demand), identities)
  assert.deepEqual(
    findings.filter(({ verdict }) => verdict !== 'ok'),
    [],
  )
  assert(findings.length > 20)
})

const believers: [string, Decide][] = [
  [
    'Client-Cert',
    ({ headers }) => (headers['client-cert'] === undefined ? demand : { status: 200 }),
  ],
  [
    'X-Forwarded-Client-Cert',
    ({ headers }) =>
      headers['x-forwarded-client-cert'] === undefined
        ? demand
        : { status: 401, code: 'device_certificate_untrusted' },
  ],
  [
    'X-Forwarded-For: not an address',
    ({ headers }) =>
      headers['x-forwarded-for'] === 'unreadable'
        ? { status: 403, code: 'forwarded_address_invalid' }
        : demand,
  ],
  [
    'Sallyport-Device',
    ({ headers }) => (headers['sallyport-device'] === undefined ? demand : { status: 200 }),
  ],
]

for (const [name, decide] of believers) {
  test(`who believes ${name} fails, by that name alone`, async (t) => {
    const findings = await examineOutside(await startServer(t, decide), identities)
    const failed = findings.filter(({ verdict }) => verdict === 'fail')
    assert.equal(failed.length, 1, JSON.stringify(failed))
    assert(failed[0]?.what.startsWith(name))
    assert.match(failed[0]?.fix ?? '', /listener that believes it/)
  })
}

test('who takes PROXY headers from anyone fails', async (t) => {
  const findings = await examineOutside(await startServer(t, () => demand, true), [])
  const failed = findings.filter(({ verdict }) => verdict === 'fail')
  assert.deepEqual(
    failed.map(({ what }) => what),
    ['PROXY protocol, version 1'],
  )
})

test('a route that refuses nobody shows nothing, and answers that a limit changes are told as such', async (t) => {
  const [open] = await examineOutside(await startServer(t, () => ({ status: 200 })), [])
  assert.equal(open?.verdict, 'warn')
  let asked = 0
  const limited: Decide = () => (asked++ < 5 ? demand : { status: 429, code: 'rate_limited' })
  const findings = await examineOutside(await startServer(t, limited), identities)
  assert(findings.some(({ verdict, found }) => verdict === 'warn' && found.includes('429')))
})

test('where nobody is there, nothing is fine', async () => {
  const [only, ...others] = await examineOutside('https://127.0.0.1:1/', identities)
  assert.equal(only?.verdict, 'fail')
  assert.match(only.found, /nobody is there/)
  assert.deepEqual(others, [])
})

test('only https can be asked from outside', async (t) => {
  const server = createServer().listen(0)
  t.after(() => server.close())
  for (const address of ['http://localhost/', 'api.example.com', '']) {
    await assert.rejects(
      examineOutside(address, []),
      (error) => isProblem(error) && error.code === 'command_usage',
    )
  }
})
