import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { eventually } from '../support/client.ts'
import { route } from '../support/gateway.ts'
import { call, forwarded, startDecisionBed } from './decision-bed.ts'
import { type Checked, checkRequest, envoyClient } from './envoy-client.ts'

type Http = Record<string, unknown>
type Attributes = {
  source?: { address: { socketAddress: { address: string } }; certificate?: string }
  request: { http: Http }
  contextExtensions: Record<string, string>
}
const changed = (change: (attributes: Attributes, http: Http) => void): unknown => {
  const message = checkRequest() as { attributes: Attributes }
  change(message.attributes, message.attributes.request.http)
  return message
}
const withAddress = (address: string) =>
  changed(({ source }) => {
    if (source !== undefined) source.address.socketAddress.address = address
  })
const withHttp = (members: Http) => changed((_, http) => Object.assign(http, members))
const withField = (key: string, value: string) =>
  withHttp({ headerMap: { headers: [{ key, rawValue: Buffer.from(value) }] } })

const noAddresses = [
  'not an address',
  '1.2.3.4\nx',
  '1.2.3.4, 5.6.7.8',
  '1.2.3.4:5678',
  '[::1]',
  '0x7f.1',
  '999.999.999.999',
  '....',
  ':::::',
  '"; for=evil',
  '@internal',
  '1'.repeat(10_000),
]
const hosts = { 'api.example.com': { clientCertificate: 'off' } }

const statusOf = ({ deniedResponse }: Checked) => deniedResponse?.status.code ?? 200

test('Envoy: a call whose fields make no sense is refused, and breaks nothing', async (t) => {
  const bed = await startDecisionBed(t, { hosts })
  const check = envoyClient(t, `unix:${bed.socket}`)
  const refused: Record<string, readonly [unknown, number]> = {
    ...Object.fromEntries(noAddresses.map((address) => [address, [withAddress(address), 503]])),
    'a method with a space': [withHttp({ method: 'GE T' }), 503],
    'a method with a line end': [withHttp({ method: 'GET\r\nX: y' }), 503],
    'a method of 10,000 characters': [withHttp({ method: 'x'.repeat(10_000) }), 503],
    'a method in quotes': [withHttp({ method: '"' }), 503],
    CONNECT: [withHttp({ method: 'CONNECT' }), 405],
    'a path without a slash': [withHttp({ path: 'v1/me' }), 400],
    'a path of another origin': [withHttp({ path: 'https://evil.example.com/v1/me' }), 400],
    'a path with a line end': [withHttp({ path: '/v1/me\r\nHost: x' }), 400],
    'a path that leaves': [withHttp({ path: '/v1/../admin' }), 400],
    'a path of 100,000 characters': [withHttp({ path: `/${'a'.repeat(100_000)}` }), 400],
    'a host with a line end': [withHttp({ host: 'api.example.com\r\nx' }), 421],
    'a host behind a name': [withHttp({ host: 'user@api.example.com' }), 421],
    'two hosts': [withHttp({ host: 'api.example.com, evil.example.com' }), 421],
    'no host': [withHttp({ host: '' }), 400],
    'another host among the fields': [withField('HOST', 'evil.example.com'), 421],
    'names of prototypes': [
      changed((attributes) => {
        attributes.contextExtensions = { host: 'constructor' }
      }),
      503,
    ],
    'no source': [changed((attributes) => delete attributes.source), 503],
    'a certificate of escapes that are none': [
      changed(({ source }) => Object.assign(source ?? {}, { certificate: '%'.repeat(60_000) })),
      403,
    ],
  }
  for (const [what, [message, status]] of Object.entries(refused)) {
    assert.equal(statusOf(await check(message)), status, what)
  }
  const fields: Record<string, string> = {
    '': 'x',
    'a\nb': 'x',
    'x-crlf': 'a\r\nb: c',
    'x-nul': '\0',
    traceparent: `00-${'a'.repeat(5_000)}`,
    'content-length': '-1',
    connection: 'sallyport-device, x-request-id',
  }
  for (const [key, value] of Object.entries(fields)) {
    const answer = await check(withField(key, value))
    const set = answer.okResponse?.headers ?? []
    for (const { header } of set) assert.match(`${header.key}: ${header.value}`, /^[\x20-\x7e]+$/)
  }
  for (const protocol of ['constructor', '__proto__', 'HTTP/9', '', '"']) {
    assert.equal(statusOf(await check(withHttp({ protocol }))), 200, protocol)
  }
  await check(withHttp({ path: '/the-last' }))
  await eventually(async () => (await readFile(bed.accessLog, 'utf8')).includes('/the-last'))
  const lines = (await readFile(bed.accessLog, 'utf8')).trimEnd().split('\n')
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object')
})

test('forward-auth: an address that is none, or one with a port, is refused', async (t) => {
  const bed = await startDecisionBed(t, { hosts })
  for (const address of noAddresses.filter((one) => !one.includes('\n'))) {
    const fields = forwarded({ 'X-Forwarded-For': address })
    const { status } = await call(bed.socket, '/decide/traefik-edge/api.example.com', fields)
    assert.equal(status, 503, address)
  }
})

test('an address has one limit and one place in a list, however it is written', async (t) => {
  const stages = {
    address: { deny: ['198.51.100.0/24'] },
    limits: { rules: [{ name: 'few', key: 'address', limit: 2, per: '1h' }] },
  }
  const routes = [route({ match: { path: '/*' }, stages })]
  const bed = await startDecisionBed(t, {
    hosts: { 'api.example.com': { clientCertificate: 'off', routes } },
  })
  const check = envoyClient(t, `unix:${bed.socket}`)
  const asked = async (address: string) => statusOf(await check(withAddress(address)))
  assert.equal(await asked('::ffff:198.51.100.7'), 403)
  assert.equal(await asked('203.0.113.9'), 200)
  assert.equal(await asked('::ffff:203.0.113.9'), 200)
  assert.equal(await asked('::FFFF:cb00:7109'), 429)
  const spelled = ['2001:db8::1', '2001:DB8:0:0::1', '2001:db8:0:0:ffff::%eth0']
  const statuses: number[] = []
  for (const address of spelled) statuses.push(await asked(address))
  assert.deepEqual(statuses, [200, 200, 429])
})
