import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { eventually } from './support/client.ts'
import { createForeignCa } from './support/foreign.ts'
import { type Bed, startBed } from './support/gateway.ts'

const host = (mode: string) => `${mode}.example.com`
const modes = ['require', 'explain', 'optional', 'off']

/** What `openssl s_client` says of a connection on which it sends one request. */
async function sClient(
  bed: Bed,
  name: string,
  flags: readonly string[],
  trusted: string = bed.world.serviceCa,
): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-openssl-'))
  const ca = path.join(directory, 'ca.pem')
  await writeFile(ca, trusted)
  const args = ['s_client', '-connect', `127.0.0.1:${bed.port}`, '-servername', name]
  const child = spawn('openssl', [...args, '-CAfile', ca, '-msg', '-ign_eof', ...flags])
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1')
  })
  child.stdin.on('error', () => {})
  child.stdin.write(`GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`)
  await new Promise((resolve) => child.on('close', resolve))
  await rm(directory, { recursive: true })
  return said
}

for (const [version, flag] of [
  ['1.2', '-tls1_2'],
  ['1.3', '-tls1_3'],
] as const) {
  test(`on one port each host asks, explains or ends as its mode says, over TLS ${version}`, async (t) => {
    const bed = await startBed(t, {
      hosts: Object.fromEntries(modes.map((mode) => [host(mode), { clientCertificate: mode }])),
      gateway: { tls: { minVersion: '1.2' } },
    })
    const off = await sClient(bed, host('off'), [flag])
    assert.doesNotMatch(off, /CertificateRequest/)
    assert.match(off, /HTTP\/1\.1 200/)
    const explain = await sClient(bed, host('explain'), [flag])
    assert.match(explain, /CertificateRequest/)
    assert.match(explain, /HTTP\/1\.1 401[^]*device_certificate_required/)
    assert.match(
      await sClient(bed, host('optional'), [flag]),
      /CertificateRequest[^]*HTTP\/1\.1 200/,
    )
    const require = await sClient(bed, host('require'), [flag])
    assert.match(
      require,
      version === '1.3' ? /alert certificate required/ : /alert handshake failure/,
    )
    assert.doesNotMatch(require, /HTTP\/1\.1/)
    await eventually(() =>
      bed.authority.reports
        .flatMap(({ handshakes }) => handshakes)
        .some(
          ({ code, address, serverName }) =>
            code === 'device_certificate_required' &&
            address === '127.0.0.1' &&
            serverName === host('require'),
        ),
    )
  })
}

test('a client that shares no version, and one that refuses our certificate, are told apart', async (t) => {
  const bed = await startBed(t, { hosts: { [host('off')]: { clientCertificate: 'off' } } })
  await sClient(bed, host('off'), ['-tls1_2'])
  const stranger = await createForeignCa()
  await sClient(bed, host('off'), ['-verify_return_error'], stranger.pem)
  const codes = () =>
    bed.authority.reports.flatMap(({ handshakes }) => handshakes.map(({ code }) => code))
  await eventually(() => codes().length === 2)
  assert.deepEqual(codes(), [
    'handshake_protocol_unsupported',
    'handshake_server_certificate_refused',
  ])
})
