import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { certificatesFromPem, oids } from '@sallyport/pki'
import type { VirtualDevice } from '../../src/index.ts'
import { deployAuthority } from '../authority-deployment.ts'
import { createIssuer, pemOf } from '../deployment-pki.ts'
import { scratchDirectory } from '../scratch-directory.ts'
import { startCaddy } from './caddy-server.ts'
import { hasPrograms, run } from './program.ts'

test('openssl takes what the authority issued, and what it renewed, as a client of development alone', async (t) => {
  if (!hasPrograms(t, 'openssl')) return
  const authority = await deployAuthority(t)
  const root = writeIn(t, 'root.pem', authority.developmentRootPem)
  const device = authority.device()
  const strictly = ['-x509_strict', '-CAfile', root, '-untrusted', device.certificateFile]
  for (const step of ['enroll', 'renew'] as const) {
    await device[step]()
    const verify = (...options: string[]) =>
      run('openssl', ['verify', ...strictly, ...options, device.certificateFile])
    const policy = ['-policy_check', '-explicit_policy', '-policy', oids.developmentPolicy]
    const asClient = await verify('-purpose', 'sslclient', ...policy)
    assert.equal(asClient.exitCode, 0, asClient.output)
    const asServer = await verify('-purpose', 'sslserver')
    assert.match(asServer.output, /unsuitable certificate purpose/)
  }
})

test('Caddy takes what the authority issued, and what it renewed, from curl over HTTP/1.1 and HTTP/2', async (t) => {
  if (!hasPrograms(t, 'caddy', 'curl')) return
  const authority = await deployAuthority(t)
  const service = await createIssuer('service', 'Service')
  const { url } = await startCaddy(t, service, authority.developmentRootPem)
  const ca = writeIn(t, 'ca.pem', pemOf(service.certificate))
  const device = authority.device()
  for (const step of ['enroll', 'renew'] as const) {
    await device[step]()
    for (const version of ['--http1.1', '--http2']) {
      const certificate = ['--cert', device.certificateFile, '--key', device.keyFile]
      const silently = ['--silent', '--show-error', '--cacert', ca]
      const { stdout, output } = await run('curl', [...silently, ...certificate, version, url])
      assert.ok(stdout.endsWith(` ${uriOf(device)}`), output)
    }
  }
})

test('curl asks the authority who it is with the files of a virtual device', async (t) => {
  if (!hasPrograms(t, 'curl')) return
  const authority = await deployAuthority(t)
  const device = authority.device()
  const { deviceId } = await device.enroll()
  const certificate = ['--cert', device.certificateFile, '--key', device.keyFile]
  const url = `${authority.url}/device/v1/me`
  const { stdout } = await run('curl', [
    '--silent',
    '--cacert',
    authority.caFile,
    ...certificate,
    url,
  ])
  assert.equal((JSON.parse(stdout) as { deviceId: string }).deviceId, deviceId)
})

function writeIn(t: TestContext, name: string, text: string): string {
  const path = join(scratchDirectory(t), name)
  writeFileSync(path, text)
  return path
}

function uriOf(device: VirtualDevice): string | undefined {
  return certificatesFromPem(readFileSync(device.certificateFile, 'utf8'))[0]?.uris[0]
}
