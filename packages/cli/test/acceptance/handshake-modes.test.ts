import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Development, endLeftOver, sallyport } from '../sallyport.ts'
import { hostLike, startEdited } from './edited-development.ts'
import { hasPrograms, run } from './program.ts'

let dev: Development
before(async () => {
  dev = await startEdited((config) => {
    config.gateway.tls = { minVersion: '1.2' }
    for (const mode of ['off', 'require', 'explain', 'optional']) {
      config.gateway.hosts[`${mode}.test`] = hostLike(config, mode)
    }
  })
})
after(() => dev.end())
after(endLeftOver)

/** What `openssl s_client` says of a connection to a host on which it sends one request. */
async function sClient(host: string, ...flags: string[]): Promise<string> {
  const { facts } = dev
  const connection = ['-connect', new URL(facts.gateway).host, '-servername', host]
  const args = ['s_client', ...connection, '-CAfile', facts.caFile, '-msg', '-ign_eof', ...flags]
  const input = `GET ${facts.samplePath} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
  return (await run('openssl', args, { input })).output
}

for (const [version, flag, alert] of [
  ['1.2', '-tls1_2', /alert handshake failure/],
  ['1.3', '-tls1_3', /alert certificate required/],
] as const) {
  test(`on one port openssl meets off, explain, optional and require hosts over TLS ${version}`, async (t) => {
    if (!hasPrograms(t, 'openssl')) return
    const off = await sClient('off.test', flag)
    assert.doesNotMatch(off, /CertificateRequest/)
    assert.match(off, /HTTP\/1\.1 200/)
    assert.doesNotMatch(off, /sallyport-device/)

    const explain = await sClient('explain.test', flag)
    assert.match(explain, /CertificateRequest/)
    assert.match(explain, /HTTP\/1\.1 401[^]*"code":"device_certificate_required"/)

    assert.match(await sClient('optional.test', flag), /CertificateRequest[^]*HTTP\/1\.1 200/)

    const require = await sClient('require.test', flag)
    assert.match(require, /CertificateRequest/)
    assert.match(require, alert)
    assert.doesNotMatch(require, /HTTP\/1\.1/)

    const { certificateFile, keyFile, id } = dev.facts.device
    const device = ['-cert', certificateFile, '-key', keyFile]
    assert.match(
      await sClient('require.test', flag, ...device),
      new RegExp(`HTTP/1.1 200[^]*${id}`),
    )
  })
}

test('explain --address explains the alert of a require host: the reason, what was found and what to do', async (t) => {
  if (!hasPrograms(t, 'openssl')) return
  await sClient('require.test', '-tls1_3')
  const args = ['explain', '--address', '127.0.0.1', '--since', '10m']
  const deadline = Date.now() + 30_000
  let explained = await sallyport([...args, '--config', dev.facts.configFile])
  while (explained.code === 1 && Date.now() < deadline) {
    await sleep(250)
    explained = await sallyport([...args, '--config', dev.facts.configFile])
  }
  assert.equal(explained.code, 0, explained.stderr)
  t.diagnostic(explained.stdout)
  for (const words of [
    /device_certificate_required/,
    /from 127\.0\.0\.1 to require\.test/,
    /found +\S/,
    /fix +Connect with the certificate/,
  ]) {
    assert.match(explained.stdout, words)
  }
})
