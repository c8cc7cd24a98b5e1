import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Issuer } from '@sallyport/pki'
import { nodeTransport } from '../../src/index.ts'
import { softwareKeyHandle } from '../../src/software-key-store.ts'
import { createIssuer, keyPem, pemOf } from '../deployment-pki.ts'
import { scratchDirectory } from '../scratch-directory.ts'
import { createDevices, type Presented } from './broken-devices.ts'
import { type Caddy, startCaddy } from './caddy-server.ts'
import { hasPrograms, run } from './program.ts'

const curlVersions = [
  ['--http1.1', 'HTTP/1.1'],
  ['--http2', 'HTTP/2.0'],
] as const

test("Go's verifier in Caddy takes the device and reads its URI, from curl over HTTP/1.1 and HTTP/2", async (t) => {
  if (!hasPrograms(t, 'caddy', 'curl')) return
  const service = await createIssuer('service', 'Service')
  const { root, ca, good } = await createDevices()
  const { url } = await startCaddy(t, service, pemOf(root.certificate))
  const curl = curlAs(t, service)
  for (const [option, protocol] of curlVersions) {
    const { exitCode, stdout, output } = await curl(
      { device: good, issuers: [ca.certificate] },
      option,
      url,
    )
    assert.equal(exitCode, 0, output)
    assert.equal(stdout, `${protocol} ${good.certificate.uris[0]}`)
  }
})

test('a virtual device reaches Caddy over HTTP/1.1 and HTTP/2', async (t) => {
  if (!hasPrograms(t, 'caddy')) return
  const service = await createIssuer('service', 'Service')
  const { root, ca, good } = await createDevices()
  const { url } = await startCaddy(t, service, pemOf(root.certificate))
  for (const httpVersion of ['1.1', '2'] as const) {
    const transport = nodeTransport({ httpVersion })
    t.after(() => transport.close())
    const { body } = await transport.send({
      url,
      method: 'GET',
      headers: [],
      body: undefined,
      identity: {
        key: softwareKeyHandle('key-1', good.privateKey),
        certificates: [good.certificate.der, ca.certificate.der],
      },
      trust: { caCertificates: pemOf(service.certificate) },
      signal: AbortSignal.timeout(10_000),
    })
    const text = await new Response(body as ReadableStream<Uint8Array>).text()
    assert.match(text, new RegExp(`^HTTP/${httpVersion}.* ${good.certificate.uris[0]}$`))
  }
})

test("Go's verifier in Caddy refuses every broken device certificate", async (t) => {
  if (!hasPrograms(t, 'caddy', 'curl')) return
  const service = await createIssuer('service', 'Service')
  const { root, broken } = await createDevices()
  const caddy = await startCaddy(t, service, pemOf(root.certificate))
  const curl = curlAs(t, service)
  const reasons: Readonly<Record<string, RegExp>> = {
    'of another trust domain': /not permitted by any constraint/,
    'of a trust domain that only ends alike': /not permitted by any constraint/,
    expired: /expired or is not yet valid/,
    'of a stranger of the same name': /signed by unknown authority/,
    'with a signature that was changed': /ECDSA verification failure/,
    'issued by a device':
      /parent certificate cannot sign this kind of certificate|not authorized to sign/,
  }
  for (const [what, presented] of broken) {
    const before = caddy.log().length
    const { exitCode } = await curl(presented, '--http1.1', caddy.url)
    assert.notEqual(exitCode, 0, what)
    assert.match(await logged(caddy, before), reasons[what] ?? /never/, what)
  }
  const { exitCode } = await curl(undefined, '--http1.1', caddy.url)
  assert.notEqual(exitCode, 0, 'without a certificate')
})

/** curl, with the certificate of a device or with none. */
function curlAs(t: TestContext, service: Issuer) {
  const directory = scratchDirectory(t)
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const common = [
    '--silent',
    '--show-error',
    '--cacert',
    file('ca.pem', pemOf(service.certificate)),
  ]
  return (who: Presented | undefined, ...args: string[]) => {
    if (who === undefined) return run('curl', [...common, ...args])
    const chain = pemOf(who.device.certificate, ...who.issuers)
    const certificate = ['--cert', file('device.crt', chain)]
    const key = ['--key', file('device.key', keyPem(who.device.privateKey))]
    return run('curl', [...common, ...certificate, ...key, ...args])
  }
}

/** What Caddy wrote since then of a certificate that it refused. */
async function logged(caddy: Caddy, since: number): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const text = caddy.log().slice(since)
    if (text.includes('failed to verify client certificate')) return text
    await wait(20)
  }
  return caddy.log().slice(since)
}
