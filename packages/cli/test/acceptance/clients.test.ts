import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { type Development, endLeftOver, newFolder } from '../sallyport.ts'
import { hostLike, type Identity, ownIdentity, startEdited } from './edited-development.ts'
import { foreignDevice } from './foreign-device.ts'
import { hasPrograms, run } from './program.ts'

// Clients that are not ours, before the gateway itself. What they make of our certificates elsewhere is in
// packages/virtual-device/test/interop.

let dev: Development
before(async () => {
  dev = await startEdited((config) => {
    config.gateway.hosts['require.test'] = hostLike(config, 'require')
  })
})
after(() => dev.end())
after(endLeftOver)

for (const [flag, version] of [
  ['--http1.1', '1.1'],
  ['--http2', '2'],
] as const) {
  const curl = (url: string, ...more: string[]) => {
    const { port } = new URL(dev.facts.gateway)
    const trusted = ['--cacert', dev.facts.caFile, '--resolve', `require.test:${port}:127.0.0.1`]
    const told = ['--silent', '--show-error', '--write-out', '\n%{http_code} %{http_version}']
    return run('curl', [...trusted, ...told, flag, ...more, url])
  }

  test(`curl over HTTP/${version} is served with the device's certificate, and told why not without`, async (t) => {
    if (!hasPrograms(t, 'curl')) return
    const { gateway, samplePath, device } = dev.facts
    const asDevice = ['--cert', device.certificateFile, '--key', device.keyFile]
    const served = await curl(gateway + samplePath, ...asDevice)
    assert.match(served.stdout, new RegExp(`${device.id}[^]*\\n200 ${version}$`))

    const nobody = await curl(gateway + samplePath)
    assert.match(nobody.stdout, /"code":"device_certificate_required"/)
    assert.match(nobody.stdout, new RegExp(`\\n401 ${version}$`))

    const stranger = await curl(gateway + samplePath, ...filesOf(foreignDevice()))
    assert.match(stranger.stdout, /"code":"device_certificate_untrusted"/)
    assert.match(stranger.stdout, new RegExp(`\\n401 ${version}$`))
  })

  test(`curl over HTTP/${version} gets past a require host with the device's certificate alone`, async (t) => {
    if (!hasPrograms(t, 'curl')) return
    const { gateway, samplePath, device } = dev.facts
    const url = gateway.replace('localhost', 'require.test') + samplePath
    // The certificate of this host names localhost: only the client certificate is looked at here.
    const asDevice = ['--insecure', '--cert', device.certificateFile, '--key', device.keyFile]
    assert.match((await curl(url, ...asDevice)).stdout, new RegExp(`\\n200 ${version}$`))
    for (const other of [[], filesOf(foreignDevice())]) {
      const refused = await curl(url, '--insecure', ...other)
      assert.notEqual(refused.exitCode, 0, refused.output)
      assert.match(refused.stdout, /\n000 /)
    }
  })
}

test('openssl verifies the device as a client, and never as a server', async (t) => {
  if (!hasPrograms(t, 'openssl')) return
  const { deviceCaFile, device } = dev.facts
  const verify = (purpose: string) =>
    run('openssl', [
      'verify',
      '-x509_strict',
      '-purpose',
      purpose,
      '-CAfile',
      deviceCaFile,
      device.certificateFile,
    ])
  assert.equal((await verify('sslclient')).exitCode, 0, (await verify('sslclient')).output)
  assert.notEqual((await verify('sslserver')).exitCode, 0)
})

const policyDirectory = '/etc/chromium/policies/managed'

test('Chromium is served with the certificate in its NSS database, and told why not without it', async (t) => {
  if (!hasPrograms(t, 'chromium', 'certutil', 'pk12util', 'openssl')) return
  if (process.getuid?.() !== 0) {
    const reason = `only root may write the policy that selects a certificate: ${policyDirectory}`
    assert.notEqual(process.env['CI'], 'true', `must not be skipped here: ${reason}`)
    t.skip(reason)
    return
  }
  const { gateway, samplePath, device } = dev.facts
  selectCertificateFor(t, gateway)
  const served = await browse(gateway + samplePath, ownIdentity(dev))
  assert.match(served, new RegExp(device.id))
  const refused = await browse(gateway + samplePath, undefined)
  assert.match(refused, /device_certificate_required/)
})

function filesOf({ cert, key }: Identity): string[] {
  const folder = newFolder()
  writeFileSync(path.join(folder, 'crt'), cert)
  writeFileSync(path.join(folder, 'key'), key, { mode: 0o600 })
  return ['--cert', path.join(folder, 'crt'), '--key', path.join(folder, 'key')]
}

/** The text of a page in a browser of its own, that trusts the gateway and may hold a device's key. */
async function browse(url: string, identity: Identity | undefined): Promise<string> {
  const home = newFolder()
  const env = { PATH: process.env['PATH'], HOME: home }
  const must = async (program: string, ...args: string[]): Promise<string> => {
    const { exitCode, stdout, output } = await run(program, args, { env })
    assert.equal(exitCode, 0, `${program}: ${output}`)
    return stdout
  }
  const database = path.join(home, '.pki', 'nssdb')
  mkdirSync(database, { recursive: true })
  const nss = ['-d', `sql:${database}`]
  await must('certutil', ...nss, '-N', '--empty-password')
  const root = ['-A', '-n', 'service root', '-t', 'C,,', '-i', dev.facts.caFile]
  await must('certutil', ...nss, ...root)
  if (identity !== undefined) {
    const at = (name: string): string => path.join(home, name)
    writeFileSync(at('device.crt'), identity.cert)
    writeFileSync(at('device.key'), identity.key, { mode: 0o600 })
    const pair = ['-in', at('device.crt'), '-inkey', at('device.key'), '-out', at('device.p12')]
    await must('openssl', 'pkcs12', '-export', '-name', 'device', ...pair, '-passout', 'pass:x')
    await must('pk12util', ...nss, '-i', at('device.p12'), '-W', 'x')
  }
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
  const profile = `--user-data-dir=${path.join(home, 'profile')}`
  return await must('chromium', ...flags, profile, '--dump-dom', url)
}

/** Nobody is there to click: the policy of the machine selects, and goes with the test. */
function selectCertificateFor(t: TestContext, url: string): void {
  const file = path.join(policyDirectory, `sallyport-acceptance-${process.pid}.json`)
  const pattern = JSON.stringify({ pattern: url, filter: {} })
  const made = mkdirSync(policyDirectory, { recursive: true })
  writeFileSync(file, JSON.stringify({ AutoSelectCertificateForUrls: [pattern] }))
  t.after(() => {
    rmSync(file, { force: true })
    removeEmpty(policyDirectory, made)
  })
}

/** Removes the directories that were made, up to the first of them, as far as nothing else is in them. */
function removeEmpty(directory: string, first: string | undefined): void {
  if (first === undefined || !directory.startsWith(first)) return
  if (readdirSync(directory).length > 0) return
  rmdirSync(directory)
  removeEmpty(path.dirname(directory), first)
}
