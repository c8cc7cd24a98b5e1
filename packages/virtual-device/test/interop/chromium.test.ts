import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { type Issuer, parseCertificate } from '@sallyport/pki'
import { createIssuer, createServerIdentity, keyPem, pemOf } from '../deployment-pki.ts'
import { scratchDirectory } from '../scratch-directory.ts'
import { createDevices, type Devices } from './broken-devices.ts'
import { hasPrograms, run, skipUnlessCi } from './program.ts'

const policyDirectory = '/etc/chromium/policies/managed'

test('Chromium presents the certificate of a device from its NSS database, where the server asks for its root', async (t) => {
  if (!hasPrograms(t, 'chromium', 'certutil', 'pk12util', 'openssl')) return
  if (process.getuid?.() !== 0) {
    skipUnlessCi(
      t,
      `only root may write the policy that selects the certificate: ${policyDirectory}`,
    )
    return
  }
  const service = await createIssuer('service', 'Service')
  const devices = await createDevices()
  const stranger = await createIssuer('device', 'Stranger')
  const asksForOurs = await startServer(t, service, devices.root)
  const asksForStrangers = await startServer(t, service, stranger)
  const browse = await chromiumWith(t, service, devices, [asksForOurs, asksForStrangers])
  assert.match(
    await browse(asksForOurs),
    new RegExp(`device: ${devices.good.certificate.uris[0]};`),
  )
  assert.match(await browse(asksForStrangers), /device: nobody;/)
})

/** A server that tells which certificate it was shown. */
async function startServer(t: TestContext, service: Issuer, root: Issuer): Promise<string> {
  const identity = await createServerIdentity(service, ['localhost'])
  const ca = pemOf(root.certificate)
  const options = { ...identity, ca, requestCert: true, rejectUnauthorized: false }
  const server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket
    const raw = socket.getPeerX509Certificate()?.raw
    const isTrusted = socket.authorized
    const uri = raw === undefined ? 'nobody' : parseCertificate(raw).uris[0]
    response.setHeader('content-type', 'text/plain')
    response.end(`device: ${raw !== undefined && !isTrusted ? 'untrusted' : uri};`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

/** A browser that has the device's key and trusts the service root. It gives the text of a page. */
async function chromiumWith(
  t: TestContext,
  service: Issuer,
  { ca, good }: Devices,
  urls: readonly string[],
): Promise<(url: string) => Promise<string>> {
  const home = scratchDirectory(t)
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text, { mode: 0o600 })
    return join(home, name)
  }
  const database = join(home, '.pki', 'nssdb')
  mkdirSync(database, { recursive: true })
  const nss = ['-d', `sql:${database}`]
  const env = { PATH: process.env['PATH'], HOME: home }
  const must = async (program: string, ...args: string[]) => {
    const { exitCode, output } = await run(program, args, env)
    assert.equal(exitCode, 0, `${program}: ${output}`)
  }
  await must('certutil', ...nss, '-N', '--empty-password')
  const root = file('root.pem', pemOf(service.certificate))
  await must('certutil', ...nss, '-A', '-n', 'service root', '-t', 'C,,', '-i', root)
  const chain = file('device.crt', pemOf(good.certificate, ca.certificate))
  const key = file('device.key', keyPem(good.privateKey))
  const bundle = join(home, 'device.p12')
  const made = ['-export', '-name', 'device', '-in', chain, '-inkey', key, '-out', bundle]
  await must('openssl', 'pkcs12', ...made, '-passout', 'pass:x')
  await must('pk12util', ...nss, '-i', bundle, '-W', 'x')
  selectCertificateFor(t, urls)

  let visits = 0
  return async (url) => {
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
    const profile = `--user-data-dir=${join(home, `profile-${visits++}`)}`
    const page = await run('chromium', [...flags, profile, '--dump-dom', url], env)
    assert.equal(page.exitCode, 0, page.output)
    return page.stdout
  }
}

/** Nobody is there to click: the policy of the machine selects, and goes with the test. */
function selectCertificateFor(t: TestContext, urls: readonly string[]): void {
  const path = join(policyDirectory, `sallyport-test-${process.pid}.json`)
  const patterns = urls.map((pattern) => JSON.stringify({ pattern, filter: {} }))
  const made = mkdirSync(policyDirectory, { recursive: true })
  writeFileSync(path, JSON.stringify({ AutoSelectCertificateForUrls: patterns }))
  t.after(() => {
    rmSync(path, { force: true })
    removeEmpty(policyDirectory, made)
  })
}

/** Removes the directories that were made, up to the first of them, as far as nothing else is in them. */
function removeEmpty(directory: string, first: string | undefined): void {
  if (first === undefined || !directory.startsWith(first)) return
  if (readdirSync(directory).length > 0) return
  rmdirSync(directory)
  removeEmpty(dirname(directory), first)
}
