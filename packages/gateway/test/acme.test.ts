import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { startAcmeServer } from './support/acme-server.ts'
import { shownBy } from './support/acme-validation.ts'
import { ask, connect, eventually } from './support/client.ts'
import { type Bed, type BedOptions, route, startBed } from './support/gateway.ts'
import { createWorld } from './support/world.ts'
import { quietPort } from './support/quiet-port.ts'

const host = 'api.example.com'

async function setUp(
  t: TestContext,
  challenge: 'http-01' | 'tls-alpn-01',
  members: { names?: string[]; refused?: string[]; badNonces?: number; account?: object } = {},
) {
  const world = await createWorld()
  const ports = { http: await quietPort(), tls: await quietPort() }
  const key = Buffer.alloc(32, 7).toString('base64url')
  const externalAccount = members.account === undefined ? undefined : { kid: 'kid-1', key }
  const acme = await startAcmeServer(t, world, {
    ports,
    ...(externalAccount === undefined ? {} : { externalAccount }),
  })
  for (const name of members.refused ?? []) acme.state.refused.add(name)
  acme.state.badNonces = members.badNonces ?? 0
  const options = (account: object = {}, names = members.names ?? [host]): BedOptions => ({
    world,
    hosts: {},
    gateway: {
      listen: [`127.0.0.1:${ports.tls}`],
      workers: 2,
      acme: {
        ca: {
          directoryUrl: acme.directoryUrl,
          caFile: 'authority-ca.pem',
          email: 'ops@example.com',
          challenge,
          ...(challenge === 'http-01' ? { http01Listen: `127.0.0.1:${ports.http}` } : {}),
          ...account,
        },
      },
      hosts: Object.fromEntries(
        names.map((name) => [
          name,
          { clientCertificate: 'off', certificate: { acme: 'ca' }, routes: [route()] },
        ]),
      ),
    },
  })
  const start = (account?: object) => startBed(t, options({ ...members.account, ...account }))
  const issued = (name = host) =>
    eventually(async () => (await shownBy(ports.tls, name)) instanceof X509Certificate, 10_000)
  return { world, acme, ports, key, options, start, issued }
}

for (const challenge of ['http-01', 'tls-alpn-01'] as const) {
  test(`a certificate is obtained by ${challenge}, and shown by every worker`, async (t) => {
    const { acme, start, issued, ports } = await setUp(t, challenge, { badNonces: 2 })
    const bed = await start()
    await issued()
    for (let count = 0; count < 8; count++) {
      const shown = await shownBy(ports.tls, host)
      assert(shown instanceof X509Certificate)
      assert.match(shown.issuer, /Test ACME root/)
      assert.equal(shown.checkHost(host), host)
    }
    assert.deepEqual(acme.state.validations, [`${challenge} ${host}`])
    assert.equal(acme.state.orders, 1)
    const socket = await connect(bed, undefined, { rejectUnauthorized: false })
    assert.equal((await ask(socket)).status, 200)
    socket.destroy()

    const directory = path.join(bed.directory, 'state', 'acme', 'ca')
    for (const file of await readdir(directory)) {
      assert.equal((await stat(path.join(directory, file))).mode & 0o777, 0o600, file)
    }
    const metrics = await (await fetch(`${bed.operations}/metrics`)).text()
    assert.match(
      metrics,
      /^sallyport_server_certificate_expiry_timestamp_seconds\{host="api\.example\.com",source="acme"\} 1\d{9}$/m,
    )
    assert.match(metrics, /^sallyport_acme_attempts_total\{outcome="issued"\} 1$/m)
  })
}

test('a host without a certificate yet refuses the handshake, and says why; others are served', async (t) => {
  const { start, issued, ports, acme } = await setUp(t, 'tls-alpn-01', {
    names: ['lost.example.com', host],
    refused: ['lost.example.com'],
  })
  const bed = await start()
  await issued()
  assert.match(String(await shownBy(ports.tls, 'lost.example.com')), /alert internal error/)
  await eventually(() =>
    bed.log.some(({ fields }) => fields['code'] === 'handshake_certificate_missing'),
  )
  const said = bed.log.find(({ message }) => /the host has none/.test(message))
  assert.match(String(said?.fields['error']), /rejectedIdentifier|is refused/)
  assert.equal(said?.fields['failures'], 1)

  // What failed is not asked for again at once: not now, and not by whoever starts again and again.
  const { orders } = acme.state
  for (let count = 0; count < 3; count++) await bed.gateway.reload()
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.equal(acme.state.orders, orders)
  const file = path.join(bed.directory, 'state', 'acme', 'ca', 'lost.example.com.certificate.json')
  const kept = JSON.parse(await readFile(file, 'utf8')) as { notBeforeAttemptAt: number }
  assert(kept.notBeforeAttemptAt > Date.now() + 200_000)
})

test('a challenge is answered only while its order is open', async (t) => {
  const { start, issued, ports } = await setUp(t, 'tls-alpn-01')
  await start()
  await issued()
  const socket = tls.connect({
    host: '127.0.0.1',
    port: ports.tls,
    servername: host,
    ALPNProtocols: ['acme-tls/1'],
    rejectUnauthorized: false,
  })
  await assert.rejects(once(socket, 'secureConnect'), /no application protocol/)
})

test('plain HTTP leads to https for our hosts, and nowhere for others', async (t) => {
  const { start, issued, ports } = await setUp(t, 'http-01')
  await start()
  await issued()
  const asked = async (name: string, target: string) => {
    const request = http.get({
      host: '127.0.0.1',
      port: ports.http,
      path: target,
      headers: { host: name },
    })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    response.resume()
    return [response.statusCode, response.headers.location]
  }
  assert.deepEqual(await asked(`${host}:80`, '/a?b=c'), [308, `https://${host}/a?b=c`])
  assert.deepEqual(await asked('evil.example.net', '/'), [404, undefined])
  assert.deepEqual(await asked(host, '/.well-known/acme-challenge/none'), [404, undefined])
})

test('an account that the CA knows its customer by', async (t) => {
  const externalAccount = { kid: 'kid-1', hmacKeyFile: 'eab.key' }
  const { options, issued, key, acme, world } = await setUp(t, 'tls-alpn-01', {
    account: { externalAccount },
  })
  const bed = await startBed(t, { world })
  await writeFile(path.join(bed.directory, 'eab.key'), `${key}\n`)
  await bed.gateway.close()
  await startBed(t, { ...options({ externalAccount }), directory: bed.directory })
  await issued()
  assert.equal(acme.state.accounts.size, 1)
})

test('what was obtained is shown at once by a gateway that starts again, and renewed in time', async (t) => {
  const { start, issued, ports, acme, options } = await setUp(t, 'tls-alpn-01')
  // Two thirds of its two days are over.
  acme.state.shiftMs = -40 * 3_600_000
  const bed = await start()
  await issued()
  const first = await shownBy(ports.tls, host)
  assert(first instanceof X509Certificate)
  // The CA is away: the old one goes on.
  acme.state.refused.add(host)
  await restart(t, bed, options)
  const second = await shownBy(ports.tls, host)
  assert(second instanceof X509Certificate)
  assert.equal(second.fingerprint256, first.fingerprint256)
  await eventually(() => acme.state.orders === 2, 10_000)
})

test('a certificate that the CA wants renewed is renewed, whatever is left of its life', async (t) => {
  const { start, issued, ports, acme, options } = await setUp(t, 'tls-alpn-01')
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
  acme.state.renewalWindow = { start: at(-2), end: at(-1) }
  const bed = await start()
  await issued()
  const first = await shownBy(ports.tls, host)
  assert(first instanceof X509Certificate)
  await restart(t, bed, options)
  await eventually(async () => {
    const shown = await shownBy(ports.tls, host)
    return shown instanceof X509Certificate && shown.fingerprint256 !== first.fingerprint256
  }, 10_000)
  assert.match(acme.state.renewalIds[0] ?? '', /^[\w-]{27}\.[\w-]+$/)
})

/** Starts again, an hour or more after the last certificate was issued. */
async function restart(
  t: TestContext,
  bed: Bed,
  options: (account?: object) => BedOptions,
): Promise<Bed> {
  await bed.gateway.close()
  const file = path.join(bed.directory, 'state', 'acme', 'ca', `${host}.certificate.json`)
  const kept = JSON.parse(await readFile(file, 'utf8')) as { notBeforeAttemptAt: number }
  assert(kept.notBeforeAttemptAt > Date.now() + 3_000_000)
  await writeFile(file, JSON.stringify({ ...kept, notBeforeAttemptAt: 0 }))
  return startBed(t, { ...options(), directory: bed.directory })
}
