import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import { test } from 'node:test'
import { eventually } from '../support/client.ts'
import { route } from '../support/gateway.ts'
import { call, forwarded, startDecisionBed } from './decision-bed.ts'

const url = (form: string, host = 'api.example.com') => `/decide/${form}-edge/${host}`
const escaped = (pem: string) => encodeURIComponent(pem)
const base64 = (der: Buffer) => der.toString('base64')

test('each form of a call is answered with what the service gets', async (t) => {
  const bed = await startDecisionBed(t)
  const device = await bed.world.device()
  const der = base64(device.certificate.der)
  const shown: Record<string, string[]> = {
    nginx: ['Ssl-Client-Cert', escaped(device.cert)],
    haproxy: ['X-Ssl-Client-Cert', der],
    caddy: ['X-Ssl-Client-Cert', der],
    traefik: ['X-Forwarded-Tls-Client-Cert', encodeURIComponent(der)],
  }
  for (const [form, fields] of Object.entries(shown)) {
    const answer = await call(bed.socket, url(form), [...forwarded(), ...fields])
    assert.equal(answer.status, 200, `${form}: ${answer.body}`)
    assert.match(
      String(answer.headers['sallyport-device']),
      new RegExp(`^${device.deviceId}; app=wallet`),
    )
    assert.equal(answer.headers['client-cert'], `:${der}:`)
    assert.equal(answer.headers['sallyport-upstream'], 'service')
    assert.equal(answer.headers['sallyport-status'], '200')
    assert.equal(answer.headers['forwarded'], undefined)
  }
  const asEnvoy = (host: string) =>
    call(
      bed.socket,
      `${url('envoy')}/v1/me?x=1`,
      [
        'X-Forwarded-Proto',
        'https',
        'Sallyport-Address',
        '203.0.113.9',
        'X-Forwarded-Client-Cert',
        `Hash=1;Cert="${escaped(device.cert)}"`,
      ],
      host,
    )
  assert.equal((await asEnvoy('api.example.com')).status, 200)
  // The Host of its call is the authority of the client, and not which host is asked.
  assert.equal((await asEnvoy('other.example.com')).status, 421)
})

test('nginx, which knows 401 and 403 alone, is told the status and the problem in fields', async (t) => {
  const routes = [route({ match: { path: '/v1/*', methods: ['GET'] } })]
  const bed = await startDecisionBed(t, {
    hosts: { 'api.example.com': { clientCertificate: 'explain', routes } },
  })
  const device = await bed.world.device()
  const asDevice = ['Ssl-Client-Cert', escaped(device.cert)]
  const nobody = await call(bed.socket, url('nginx'), forwarded())
  assert.equal(nobody.status, 401)
  assert.match(String(nobody.headers['www-authenticate']), /device_certificate_required/)

  const posted = forwarded({ 'X-Forwarded-Method': 'POST' })
  const wrongMethod = await call(bed.socket, url('nginx'), [...posted, ...asDevice])
  assert.equal(wrongMethod.status, 403)
  assert.equal(wrongMethod.headers['sallyport-status'], '405')
  assert.equal(wrongMethod.headers['allow'], 'GET')
  const problem: unknown = JSON.parse(String(wrongMethod.headers['sallyport-problem']))
  assert.deepEqual(problem, JSON.parse(wrongMethod.body))
  const caddy = await call(bed.socket, url('caddy'), [
    ...posted,
    'X-Ssl-Client-Cert',
    base64(device.certificate.der),
  ])
  assert.equal(caddy.status, 405)
  assert.equal(caddy.headers['sallyport-problem'], undefined)
})

test('a revoked device is refused on the next call, and its connection is to be closed', async (t) => {
  const bed = await startDecisionBed(t)
  const device = await bed.world.device()
  const fields = [...forwarded(), 'Ssl-Client-Cert', escaped(device.cert)]
  assert.equal((await call(bed.socket, url('nginx'), fields)).status, 200)
  bed.authority.change('device', device.deviceId, 'revoked')
  await eventually(async () => (await call(bed.socket, url('nginx'), fields)).status === 403)
  const refused = await call(bed.socket, url('nginx'), fields)
  assert.equal(refused.headers['sallyport-close'], '1')
  assert.match(refused.body, /device_revoked/)
})

test('a decision stands in the access log, the metrics and the decisions as any other', async (t) => {
  const bed = await startDecisionBed(t)
  const refused = await call(
    bed.socket,
    url('caddy'),
    forwarded({ 'X-Forwarded-For': '2001:db8::7' }),
  )
  const id = String(refused.headers['x-request-id'])
  await eventually(async () => (await readFile(bed.accessLog, 'utf8')).includes(id))
  const line = JSON.parse((await readFile(bed.accessLog, 'utf8')).trim())
  assert.equal(line.proxy, 'caddy-edge')
  assert.equal(line.address, '2001:db8::7')
  assert.equal(line.code, 'device_certificate_required')
  const decision = await fetch(`${bed.operations}/decisions/${id}`)
  const record = (await decision.json()) as { code: string }
  assert.equal(record.code, 'device_certificate_required')
  const metrics = await (await fetch(`${bed.operations}/metrics`)).text()
  assert.match(metrics, /sallyport_decisions_total\{caller="caddy-edge",outcome="refused"\} 1/)
  assert.match(
    metrics,
    /sallyport_requests_total\{[^}]*outcome="refused",reason="device_certificate_required"\} 1/,
  )
})

test('a WebSocket is let through only where the route has them', async (t) => {
  const routes = [
    route({ match: { path: '/ws' } }),
    route({ match: { path: '/v1/*' }, webSocket: false }),
  ]
  const bed = await startDecisionBed(t, {
    hosts: { 'api.example.com': { clientCertificate: 'optional', routes } },
  })
  const ask = async (uri: string, upgrade: string) =>
    (
      await call(bed.socket, url('caddy'), [
        ...forwarded({ 'X-Forwarded-Uri': uri }),
        'Sallyport-Upgrade',
        upgrade,
      ])
    ).status
  assert.equal(await ask('/ws', 'websocket'), 200)
  assert.equal(await ask('/v1/x', 'websocket'), 400)
  assert.equal(await ask('/ws', 'h2c'), 400)
  assert.equal(await ask('/v1/x', ''), 200)
})

for (const [what, path, fields] of [
  ['another caller', '/decide/nobody/api.example.com', forwarded()],
  ['another host', url('nginx', 'other.example.com'), forwarded()],
  [
    'the client naming the host',
    url('nginx', 'api.example.com/../x'),
    forwarded({ 'X-Forwarded-Host': 'x' }),
  ],
  ['no X-Forwarded-Uri', url('nginx'), forwarded().filter((_, index) => index < 6 || index > 7)],
  ['X-Forwarded-Host twice', url('nginx'), [...forwarded(), 'X-Forwarded-Host', 'api.example.com']],
  ['plain HTTP', url('nginx'), forwarded({ 'X-Forwarded-Proto': 'http' })],
  ['an address that is none', url('nginx'), forwarded({ 'X-Forwarded-For': '1.2.3.4, 5.6.7.8' })],
  ['a method that is none', url('nginx'), forwarded({ 'X-Forwarded-Method': 'GET /' })],
  [
    'the certificate twice',
    url('nginx'),
    [...forwarded(), 'Ssl-Client-Cert', 'a', 'Ssl-Client-Cert', 'b'],
  ],
  ['a certificate that is none', url('nginx'), [...forwarded(), 'Ssl-Client-Cert', '%ZZ']],
  ['another path', '/health', []],
] as const) {
  test(`bad call: ${what} is refused, and never let through`, async (t) => {
    const bed = await startDecisionBed(t, {
      hosts: { 'api.example.com': { clientCertificate: 'optional' } },
    })
    const answer = await call(bed.socket, path, fields)
    assert.equal(answer.status, 403, answer.body)
  })
}

test('bad call: what is no HTTP, and more content than any proxy sends, cost their own connection', async (t) => {
  const bed = await startDecisionBed(t)
  for (const bytes of [
    '\x16\x03\x01garbage\r\n\r\n',
    `GET / HTTP/1.1\r\n${'a'.repeat(200_000)}`,
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\njunkjunkjunk',
  ]) {
    const socket = net.connect(bed.socket)
    socket.on('error', () => {})
    socket.write(bytes)
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
  }
  const fields = [...forwarded(), 'Content-Length', '200000']
  const long = call(bed.socket, url('nginx'), fields)
  await long.catch(() => undefined)
  assert.equal((await call(bed.socket, url('nginx'), forwarded())).status, 401)
})

test('the socket is for owner and group, is taken over after a crash, and not from one who listens', async (t) => {
  const bed = await startDecisionBed(t)
  assert.equal(statSync(bed.socket).mode & 0o777, 0o660)
  assert.deepEqual(bed.gateway.addresses.decisions, [`unix:${bed.socket}`])
  await assert.rejects(
    startDecisionBed(t, {
      gateway: {
        decisions: { listen: [`unix:${bed.socket}`], callers: [{ name: 'x', form: 'nginx' }] },
      },
    }),
    { code: 'port_in_use' },
  )
  assert.equal((await call(bed.socket, url('nginx'), forwarded())).status, 401)
})
