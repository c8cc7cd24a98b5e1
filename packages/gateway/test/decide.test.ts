import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, askHttp2, askOnce, connect, connectHttp2, eventually } from './support/client.ts'
import { createForeignCa, goodExtensions } from './support/foreign.ts'
import { type HostOptions, route, startBed } from './support/gateway.ts'

const host = 'api.example.com'
const hosts = (clientCertificate: string, routes?: unknown[]): Record<string, HostOptions> => ({
  [host]: { clientCertificate, ...(routes === undefined ? {} : { routes }) },
})
const withDevice = (settings: Record<string, unknown>) => [route({ stages: { device: settings } })]

test('a verified device is served, and the service is told who, where from and under which id', async (t) => {
  const bed = await startBed(t)
  const device = await bed.world.device()
  const answer = await askOnce(bed, device, '/v1/orders?x=1', {
    headers: [
      'Client-Cert: :Zm9yZ2Vk:',
      'Sallyport-Device: dev_forged',
      'Forwarded: for=192.0.2.9',
    ],
  })
  assert.equal(answer.status, 200, answer.body)
  const { headers, path } = answer.json<{ path: string; headers: Record<string, string> }>()
  assert.equal(path, '/v1/orders?x=1')
  assert.equal(
    headers['sallyport-device'],
    `${device.deviceId}; app=wallet; assurance=tee; platform=android; app-version="2.1.0"`,
  )
  assert.equal(headers['client-cert'], `:${device.certificate.der.toString('base64')}:`)
  const issuer = bed.world.deviceCa.certificate.der
  assert.equal(headers['client-cert-chain'], `:${issuer.toString('base64')}:`)
  assert.equal(headers['forwarded'], `for=127.0.0.1;host="${host}";proto=https`)
  assert.match(headers['x-request-id'] ?? '', /^req_[a-z2-7]{26}$/)
  assert.match(headers['traceparent'] ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
})

test('a trace that the client began is continued', async (t) => {
  const bed = await startBed(t)
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const answer = await askOnce(bed, await bed.world.device(), '/', {
    headers: [`traceparent: ${trace}`, 'tracestate: a=1'],
  })
  const { headers } = answer.json<{ headers: Record<string, string> }>()
  assert.match(
    headers['traceparent'] ?? '',
    /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/,
  )
  assert.notEqual(headers['traceparent'], trace)
  assert.equal(headers['tracestate'], 'a=1')
})

test('a refusal is a problem with all that the caller may know', async (t) => {
  const bed = await startBed(t)
  const answer = await askOnce(bed)
  assert.equal(answer.status, 401)
  assert.equal(answer.headers['content-type'], 'application/problem+json')
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(
    answer.headers['www-authenticate'],
    `DeviceCertificate realm="${host}", error="device_certificate_required"`,
  )
  assert.equal(
    answer.headers['proxy-status'],
    'sallyport; error=http_request_denied; details="device_certificate_required"',
  )
  const problem = answer.json<{ code: string; requestId: string; supportCode: string }>()
  assert.equal(problem.code, 'device_certificate_required')
  assert.equal(answer.headers['x-request-id'], problem.requestId)
  assert.equal(problem.supportCode.replace('-', '').toLowerCase(), problem.requestId.slice(-8))
})

test('HTTP/2 is decided as HTTP/1 is', async (t) => {
  const bed = await startBed(t)
  const device = await bed.world.device()
  const session = await connectHttp2(bed, device)
  const good = await askHttp2(session, { ':path': '/v1/x', ':authority': host })
  assert.equal(good.status, 200)
  assert.match(good.body, new RegExp(device.deviceId))
  session.destroy()
  const stranger = await connectHttp2(bed)
  const bad = await askHttp2(stranger, { ':path': '/v1/x', ':authority': host })
  assert.equal(bad.status, 401)
  assert.equal(JSON.parse(bad.body).code, 'device_certificate_required')
  stranger.destroy()
})

test('a certificate of the wrong kind is refused with its reason, and the caller sees its public face', async (t) => {
  const bed = await startBed(t, {
    hosts: { [host]: { clientCertificate: 'explain' } },
  })
  const ca = await createForeignCa()
  await bed.writeConfig({
    hosts: {
      [host]: {
        clientCertificate: 'explain',
        trust: [{ pem: ca.pem, trustDomain: 'partner.example' }],
      },
    },
  })
  await bed.gateway.reload()
  const replaced = (prefix: string, line: string) =>
    goodExtensions.map((extension) => (extension.startsWith(prefix) ? line : extension))
  const cases: Record<string, readonly string[]> = {
    device_certificate_usage_invalid: replaced('extendedKeyUsage', 'extendedKeyUsage = serverAuth'),
    device_certificate_identity_invalid: replaced(
      'subjectAltName',
      'subjectAltName = critical, URI:spiffe://partner.example/a, URI:spiffe://partner.example/b',
    ),
    device_certificate_extension_forbidden: [
      ...goodExtensions,
      `${(await import('@sallyport/pki')).oids.facts} = DER:0500`,
    ],
  }
  assert.equal((await askOnce(bed, await ca.leaf())).status, 200)
  for (const [code, extensions] of Object.entries(cases)) {
    const answer = await askOnce(bed, await ca.leaf({ extensions }))
    assert.equal(answer.status, 401)
    assert.equal(answer.json()['code'], 'device_certificate_untrusted')
    const { requestId } = answer.json<{ requestId: string }>()
    const known = () => bed.authority.reports.flatMap(({ decisions }) => decisions)
    await eventually(() => known().some((decision) => decision.requestId === requestId))
    assert.equal(known().find((decision) => decision.requestId === requestId)?.code, code)
  }
  const elsewhere = replaced(
    'subjectAltName',
    'subjectAltName = critical, URI:spiffe://example.com/phone/1',
  )
  const answer = await askOnce(bed, await ca.leaf({ extensions: elsewhere }))
  assert.equal(answer.status, 401, 'a foreign CA that names our trust domain')
  assert.equal(answer.json()['code'], 'device_certificate_untrusted')
})

test('a stranger CA, an expired and a future certificate are each told what helps', async (t) => {
  const bed = await startBed(t)
  const stranger = await bed.world.newDeviceCa()
  const now = Date.now()
  const cases = [
    [await bed.world.device({ issuer: stranger }), 'device_certificate_untrusted', 're-enroll'],
    [
      await bed.world.device({ notBefore: now - 7_200_000, notAfter: now - 3_600_000 }),
      'device_certificate_expired',
      'renew',
    ],
    [
      await bed.world.device({ notBefore: now + 3_600_000 }),
      'device_certificate_not_yet_valid',
      'sync-clock',
    ],
  ] as const
  for (const [device, code, action] of cases) {
    const answer = await askOnce(bed, device)
    assert.equal(answer.status, 401)
    assert.equal(answer.json()['code'], code)
    assert.equal(answer.json()['action'], action)
    assert.equal(answer.headers['connection'], 'close')
    if (action !== 're-enroll') {
      assert(Math.abs(Date.parse(String(answer.json()['serverTime'])) - now) < 60_000)
    }
  }
})

test('a certificate that expires on an open connection is refused there', async (t) => {
  const bed = await startBed(t)
  const now = Date.now()
  const device = await bed.world.device({ notAfter: Math.ceil(now / 1000) * 1000 + 4_000 })
  const socket = await connect(bed, device)
  assert.equal((await ask(socket)).status, 200)
  let last = await ask(socket)
  await eventually(async () => {
    if (last.status === 200) last = await ask(socket)
    return last.status !== 200
  })
  assert.equal(last.json()['code'], 'device_certificate_expired')
})

test('development devices are let in only where the gateway’s own file says so', async (t) => {
  const bed = await startBed(t)
  const ca = await bed.world.newDevelopmentCa()
  const issuer = bed.world.trusted(ca, 'development')
  bed.authority.issuers.push(issuer)
  bed.authority.change('issuer', ca.certificate.spkiSha256, 'active', issuer)
  const device = await bed.world.device({ issuer: ca, assurance: 'software' })
  await eventually(() => bed.authority.reports.some(({ applied }) => applied.length === 1))
  assert.equal((await askOnce(bed, device)).json()['code'], 'device_certificate_untrusted')
  await bed.writeConfig({ gateway: { insecureDevelopmentDevices: true } })
  await bed.gateway.reload()
  assert.equal((await askOnce(bed, device)).status, 200)
})

test('a require host ends in an alert without a certificate, and says nothing to a bad one', async (t) => {
  const bed = await startBed(t, { hosts: hosts('require') })
  const device = await bed.world.device()
  assert.equal((await askOnce(bed, device)).status, 200)
  await assert.rejects(askOnce(bed), /certificate required|closed after|ECONNRESET/)
  await assert.rejects(
    askOnce(bed, undefined, '/', { maxVersion: 'TLSv1.3' }),
    /certificate required|closed after|ECONNRESET/,
  )
  const stranger = await bed.world.device({ issuer: await bed.world.newDeviceCa() })
  await assert.rejects(askOnce(bed, stranger), /closed after|ECONNRESET|disconnected/)
  const handshakes = () => bed.authority.reports.flatMap((report) => report.handshakes)
  await eventually(() => handshakes().length >= 3)
  const [missing] = handshakes()
  assert.equal(missing?.code, 'device_certificate_required')
  assert.equal(missing?.serverName, host)
  assert.equal(missing?.clientCertificate, 'require')
  assert.equal(missing?.address, '127.0.0.1')
  const untrusted = handshakes().find(({ code }) => code === 'device_certificate_untrusted')
  assert.equal(untrusted?.thumbprint, stranger.thumbprint)
})

test('a revoked device gets past the handshake of a require host, and is told why it goes no further', async (t) => {
  const bed = await startBed(t, { hosts: hosts('require') })
  const device = await bed.world.device()
  bed.authority.change('device', device.deviceId, 'revoked')
  await eventually(() => bed.authority.reports.some(({ applied }) => applied.length > 0))
  assert.equal((await askOnce(bed, device)).json()['code'], 'device_revoked')
})

test('an off host asks for no certificate and forwards no identity', async (t) => {
  const bed = await startBed(t, { hosts: hosts('off') })
  const answer = await askOnce(bed, await bed.world.device())
  assert.equal(answer.status, 200)
  const { headers } = answer.json<{ headers: Record<string, string> }>()
  assert.equal(headers['sallyport-device'], undefined)
  assert.equal(headers['client-cert'], undefined)
})

test('an optional host serves with and without a certificate, but never with a bad one', async (t) => {
  const demanding = {
    ...route({ match: { path: '/device/*' } }),
    stages: { device: { required: true } },
  }
  const bed = await startBed(t, { hosts: hosts('optional', [route(), demanding]) })
  assert.equal((await askOnce(bed)).status, 200)
  const known = await askOnce(bed, await bed.world.device())
  assert.match(known.body, /sallyport-device/)
  const stranger = await bed.world.device({ issuer: await bed.world.newDeviceCa() })
  assert.equal((await askOnce(bed, stranger)).status, 401)
  assert.equal((await askOnce(bed, undefined, '/device/x')).status, 401)
})

test('a request for another host than that of its connection is misdirected', async (t) => {
  const bed = await startBed(t, {
    hosts: {
      [host]: { clientCertificate: 'explain' },
      'open.example.com': { clientCertificate: 'off' },
    },
  })
  const socket = await connect(bed, undefined, { host: 'open.example.com' })
  const answer = await ask(socket, '/', { host })
  assert.equal(answer.status, 421)
  assert.equal(answer.json()['code'], 'misdirected_request')
  assert.equal((await ask(socket, '/', { host: 'OPEN.example.com:8443' })).status, 200)
  socket.destroy()
  const session = await connectHttp2(bed, undefined, { host: 'open.example.com' })
  assert.equal((await askHttp2(session, { ':path': '/', ':authority': host })).status, 421)
  const both = { ':path': '/', ':authority': 'open.example.com', host }
  assert.equal((await askHttp2(session, both)).status, 421)
  session.destroy()
})

test('no Host and two Hosts are malformed', async (t) => {
  const bed = await startBed(t, { hosts: hosts('off') })
  for (const lines of [
    [],
    [`Host: ${host}`, `Host: ${host}`],
    [`Host: ${host}`, 'host: evil.example'],
  ]) {
    const socket = await connect(bed)
    socket.write(['GET / HTTP/1.1', ...lines, '', ''].join('\r\n'))
    const { readAnswer } = await import('./support/client.ts')
    const answer = await readAnswer(socket)
    assert.equal(answer.status, 400)
    assert.equal(answer.json()['code'], 'request_malformed')
    assert.equal(answer.headers['connection'], 'close')
    socket.destroy()
  }
})

test('the name in the handshake is compared without case; none, or an unknown one, is refused', async (t) => {
  const bed = await startBed(t, { hosts: hosts('off') })
  const { checkServerIdentity } = { checkServerIdentity: () => undefined }
  const upper = await connect(bed, undefined, { host: 'API.Example.COM', checkServerIdentity })
  assert.equal((await ask(upper)).status, 200)
  upper.destroy()
  await assert.rejects(
    connect(bed, undefined, { host: 'unknown.example.com', checkServerIdentity }),
    /unrecognized name/,
  )
  await assert.rejects(
    connect(bed, undefined, { host: '', checkServerIdentity }),
    /unrecognized name/,
  )
  const handshakes = () => bed.authority.reports.flatMap((report) => report.handshakes)
  await eventually(() => handshakes().length === 2)
  assert.deepEqual(
    new Set(handshakes().map(({ code }) => code)),
    new Set(['handshake_host_unknown']),
  )
})

test('who names no host gets the default host, by name or by address, and no other', async (t) => {
  const other = 'strict.example.com'
  const bed = await startBed(t, {
    hosts: { ...hosts('off'), [other]: { clientCertificate: 'require' } },
    gateway: { defaultHost: host },
  })
  const options = { host: '', checkServerIdentity: () => undefined }
  const socket = await connect(bed, undefined, options)
  assert.equal((await ask(socket, '/', { host })).status, 200)
  assert.equal((await ask(socket, '/', { host: `127.0.0.1:${bed.port}` })).status, 200)
  assert.equal((await ask(socket, '/', { host: other })).status, 421)
  socket.destroy()
})

test('a route says which devices it is for', async (t) => {
  const bed = await startBed(t, {
    hosts: hosts('explain', [
      route({
        match: { path: '/strong' },
        stages: { device: { minimumAssurance: 'secure-enclave' } },
      }),
      route({ match: { path: '/ios' }, stages: { device: { platforms: ['ios'] } } }),
      route({ match: { path: '/bank' }, stages: { device: { apps: ['bank'] } } }),
      route({ match: { path: '/new' }, stages: { device: { minimumAppVersion: '2.10' } } }),
      route({
        match: { path: '/all' },
        stages: {
          device: {
            minimumAssurance: 'tee',
            platforms: ['android'],
            apps: ['wallet'],
            minimumAppVersion: '2.1',
          },
        },
      }),
    ]),
  })
  const device = await bed.world.device()
  const socket = await connect(bed, device)
  const code = async (path: string) => (await ask(socket, path)).json()['code']
  assert.equal(await code('/strong'), 'device_assurance_too_low')
  assert.equal(await code('/ios'), 'device_platform_not_allowed')
  assert.equal(await code('/bank'), 'device_app_not_allowed')
  assert.equal(await code('/new'), 'device_app_version_too_old')
  assert.equal((await ask(socket, '/all')).status, 200)
  socket.destroy()
})

test('in shadow mode a stage decides and records, and lets through', async (t) => {
  const bed = await startBed(t, {
    hosts: hosts('explain', withDevice({ mode: 'shadow', minimumAssurance: 'strongbox' })),
  })
  const anonymous = await askOnce(bed)
  assert.equal(anonymous.status, 200)
  assert.doesNotMatch(anonymous.body, /sallyport-device/)
  const device = await bed.world.device()
  const weak = await askOnce(bed, device)
  assert.equal(weak.status, 200)
  assert.match(weak.body, /sallyport-device/, 'who it is was verified')
  const decisions = () => bed.authority.reports.flatMap((report) => report.decisions)
  await eventually(() => decisions().length === 2)
  const [first, second] = decisions()
  const stage = first?.stages.find((trace) => trace.stage === 'device')
  assert.equal(first?.status, 200)
  assert.equal(stage?.mode, 'shadow')
  assert.equal(stage?.verdict, 'refuse')
  assert.equal(stage?.code, 'device_certificate_required')
  assert.equal(second?.deviceId, device.deviceId)
  assert.equal(
    second?.stages.find((trace) => trace.stage === 'device')?.expected,
    'at least strongbox',
  )
})

test('a stage that is off says nothing, and no identity goes on', async (t) => {
  const bed = await startBed(t, { hosts: hosts('explain', withDevice({ mode: 'off' })) })
  assert.equal((await askOnce(bed)).status, 200)
  assert.doesNotMatch((await askOnce(bed, await bed.world.device())).body, /sallyport-device/)
})

test('which routes there are is told only behind the device check', async (t) => {
  const bed = await startBed(t, {
    hosts: hosts('explain', [route({ match: { path: '/v1/orders', methods: ['GET'] } })]),
  })
  for (const path of ['/v1/orders', '/v1/nothing', '/%2e%2e/etc']) {
    assert.equal(
      (await askOnce(bed, undefined, path)).json()['code'],
      'device_certificate_required',
    )
  }
  const device = await bed.world.device()
  assert.equal((await askOnce(bed, device, '/v1/nothing')).json()['code'], 'route_not_found')
  assert.equal((await askOnce(bed, device, '/v1/../x')).json()['code'], 'request_target_invalid')
  const wrong = await askOnce(bed, device, '/v1/orders', { method: 'DELETE' })
  assert.equal(wrong.status, 405)
  assert.equal(wrong.headers['allow'], 'GET')
})

test('an upgrade to anything but WebSocket, or where the route does not allow it, is refused', async (t) => {
  const bed = await startBed(t, {
    hosts: hosts('explain', [route({ match: { path: '/plain' }, webSocket: false }), route()]),
  })
  const device = await bed.world.device()
  const webSocket = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]
  const cases = [
    ['/', ['Connection: Upgrade', 'Upgrade: h2c']],
    ['/plain', webSocket],
  ] as const
  for (const [path, headers] of cases) {
    const answer = await askOnce(bed, device, path, { headers: [...headers] })
    assert.equal(answer.status, 400)
    assert.equal(answer.json()['code'], 'request_upgrade_unsupported')
  }
  const anonymous = await askOnce(bed, undefined, '/', { headers: webSocket })
  assert.equal(anonymous.json()['code'], 'device_certificate_required')
})
