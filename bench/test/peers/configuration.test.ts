import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import { caddyConfiguration } from '../../src/peers/caddy.ts'
import { haproxyConfiguration } from '../../src/peers/haproxy.ts'
import { nginxConfiguration } from '../../src/peers/nginx.ts'
import { authRequestConfiguration } from '../../src/peers/nginx-auth-request.ts'
import { addLayers, sallyportConfiguration } from '../../src/peers/sallyport.ts'
import { findProgram } from '../../src/process/find-program.ts'
import { addedFieldNames } from '../../src/site/added-fields.ts'
import type { Site } from '../../src/site/site.ts'

const directory = mkdtempSync(path.join(os.tmpdir(), 'sallyport-bench-test-'))
after(() => rmSync(directory, { recursive: true }))
const site = makeSite(directory)

for (const [name, configuration] of [
  ['nginx', nginxConfiguration(site, directory, 4443)],
  ['HAProxy', haproxyConfiguration(site, path.join(directory, 'pair.pem'), 4443)],
  ['Caddy', caddyConfiguration(site, directory, 4443)],
] as const) {
  test(`the configuration of ${name} requires a certificate and adds every field`, () => {
    assert.match(configuration, /verify_client on|verify required|require_and_verify/)
    // Caddy adds the two X-Forwarded fields by itself.
    const own = name === 'Caddy' ? /^X-Forwarded/ : /^$/
    for (const field of addedFieldNames.filter((field) => !own.test(field))) {
      assert.ok(configuration.includes(` ${field} `), `${field} is not added`)
    }
    assert.ok(configuration.includes(`127.0.0.1:${site.upstreamPort}`))
  })
}

for (const [name, configuration] of [
  ['nginx', (file: Site) => nginxConfiguration(file, directory, 4443)],
  [
    'nginx + auth_request',
    (file: Site) => authRequestConfiguration(file, directory, { port: 4443, decisions: 4444 }),
  ],
] as const) {
  test(`nginx itself accepts the configuration of ${name}`, (context) => {
    const nginx = findProgram('nginx')
    if (nginx === undefined) {
      assert.notEqual(process.env['CI'], 'true', 'must not be skipped here: nginx is not installed')
      return context.skip('nginx is not installed')
    }
    const file = path.join(directory, 'nginx.conf')
    writeFileSync(file, configuration(site))
    const { status, stderr } = spawnSync(nginx, ['-t', '-q', '-p', directory, '-c', file], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
  })
}

test('Sallyport is given one worker, a host that requires certificates, and its file as it was', () => {
  const configuration = parse(sallyportConfiguration(site, 4443, '/logs/access.log'))
  assert.equal(configuration.trustDomain, 'sallyport.test')
  assert.equal(configuration.gateway.workers, 1)
  assert.deepEqual(configuration.gateway.listen, ['127.0.0.1:4443'])
  assert.deepEqual(configuration.gateway.accessLog, { path: '/logs/access.log' })
  assert.equal(configuration.gateway.hosts.localhost.clientCertificate, 'require')
  assert.deepEqual(configuration.gateway.hosts.localhost.routes, [
    { match: { path: '/*' }, upstream: 'service' },
  ])
  assert.deepEqual(configuration.gateway.upstreams.service.targets, ['http://127.0.0.1:9000'])
})

test('every layer is a token, access rules and two limits on top of the same file', () => {
  const configuration = parse(sallyportConfiguration(site, 4443, '/logs/access.log', addLayers))
  const { stages } = configuration.gateway.hosts.localhost
  assert.deepEqual(Object.keys(stages), ['token', 'access', 'limits'])
  assert.equal(stages.token.binding, 'certificate')
  assert.equal(stages.limits.rules.length, 2)
  assert.equal(configuration.identityProviders.main.jwksFile, site.provider.keysFile)
})

/** A site whose device has a certificate made by OpenSSL. */
function makeSite(directory: string): Site {
  const keyFile = path.join(directory, 'device.key')
  const certificateFile = path.join(directory, 'device.crt')
  const openssl = findProgram('openssl')
  assert.ok(openssl, 'openssl is not installed')
  const { status, stderr } = spawnSync(
    openssl,
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
      .concat(['-keyout', keyFile, '-out', certificateFile, '-subj', '/CN=device', '-days', '1'])
      .concat(['-addext', 'subjectAltName=URI:spiffe://sallyport.test/app/demo/device/dev_a']),
    { encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
  const sallyportConfigFile = path.join(directory, 'sallyport.yaml')
  writeFileSync(
    sallyportConfigFile,
    `trustDomain: sallyport.test
gateway:
  listen: ['127.0.0.1:1']
  workers: 2
  hosts: { localhost: { clientCertificate: explain, routes: [] } }
`,
  )
  return {
    directory,
    serverName: 'localhost',
    server: { certificateFile, keyFile },
    serverCaFile: certificateFile,
    deviceCaFile: certificateFile,
    device: { certificateFile, keyFile },
    authorization: 'Bearer token',
    provider: {
      issuer: 'https://id.example.com',
      audience: 'https://api.example.com',
      keysFile: path.join(directory, 'keys.json'),
    },
    sallyportConfigFile,
    upstreamPort: 9000,
  }
}
