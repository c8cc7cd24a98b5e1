import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { newFolder, sallyport } from '../sallyport.ts'

type Renewal = { file: string; outcome: string; notAfter: string | null }

describe('beside the key of the service root', () => {
  const directory = newFolder()
  const config = ['--config', path.join(directory, 'sallyport.yaml')]
  const offline = path.join(newFolder(), 'medium')
  const at = (name: string): string => path.join(directory, 'certificates', name)
  const read = (file: string): X509Certificate => new X509Certificate(readFileSync(file))

  before(async () => {
    const answers = ['--trust-domain', 'example.com', '--passphrase-file', '--yes']
    assert.equal((await sallyport(['init', '--dir', directory, ...answers])).code, 0)
    mkdirSync(offline, { mode: 0o700 })
    const key = 'service-root.key.json'
    renameSync(path.join(directory, 'state', 'keys', key), path.join(offline, key))
  })

  const renew = async (...options: string[]): Promise<Record<string, string>> => {
    const line = ['certificates', 'renew', ...config, '--keys', offline, '--json', ...options]
    const { stdout, stderr } = await sallyport(line)
    assert.equal(stderr.includes('code'), false, stderr)
    const renewals = JSON.parse(stdout) as Renewal[]
    return Object.fromEntries(renewals.map(({ file, outcome }) => [path.basename(file), outcome]))
  }

  test('without the key of the root, it is said where to name it', async () => {
    const { code, stderr } = await sallyport(['certificates', 'renew', ...config])
    assert.equal(code, 3)
    assert.match(stderr, /expected {2}--keys with the folder/)
  })

  test('what is good for long is kept', async () => {
    const outcomes = await renew()
    assert.deepEqual(new Set(Object.values(outcomes)), new Set(['kept']))
  })

  test('what ends soon gets a new key and certificate with the names it had', async () => {
    const [server, gateway] = [read(at('admin.crt')), read(at('gateway-1.crt'))]
    const outcomes = await renew('--within', '400d')
    assert.deepEqual(new Set(Object.values(outcomes)), new Set(['renewed']))
    const root = read(at('service-ca.crt'))
    for (const [name, old] of Object.entries({ admin: server, 'gateway-1': gateway })) {
      const now = read(at(`${name}.crt`))
      assert.notEqual(now.fingerprint256, old.fingerprint256)
      assert.equal(now.subjectAltName, old.subjectAltName)
      assert.deepEqual(now.keyUsage, old.keyUsage)
      assert.ok(now.verify(root.publicKey))
      assert.equal(statSync(at(`${name}.key`)).mode & 0o777, 0o600)
    }
    const examined = await sallyport(['doctor', ...config, '--json'])
    const findings = JSON.parse(examined.stdout) as { check: string; verdict: string }[]
    const certificates = findings.filter(({ check }) => check === 'certificates')
    assert.ok(certificates.every(({ verdict }) => verdict === 'ok'))
  })

  test('a certificate of another CA is left alone, and a broken file is told', async () => {
    const other = newFolder()
    const args = ['init', '--dir', other, '--trust-domain', 'example.org', '--passphrase-file']
    assert.equal((await sallyport([...args, '--yes'])).code, 0)
    copyFileSync(path.join(other, 'certificates', 'api.crt'), at('api.crt'))
    writeFileSync(at('enroll.crt'), 'no certificate')
    const outcomes = await renew('--within', '400d')
    assert.equal(outcomes['api.crt'], 'foreign')
    assert.equal(outcomes['enroll.crt'], 'unreadable')
  })

  test('a server gets a certificate of the names that it is reached by, and nothing is written over', async () => {
    const out = path.join(newFolder(), 'server')
    const names = ['*.example.com', 'localhost', '10.0.0.1', '2001:db8::1']
    const line = ['certificates', 'create', ...config, '--keys', offline, '--out', out]
    const made = await sallyport([...line, ...names])
    assert.equal(made.code, 0, made.stderr)
    const certificate = read(path.join(out, '_.example.com.crt'))
    assert.ok(certificate.verify(read(at('service-ca.crt')).publicKey))
    assert.ok(certificate.checkHost('admin.example.com') && certificate.checkHost('localhost'))
    assert.ok(certificate.checkIP('10.0.0.1') && certificate.checkIP('2001:db8::1'))
    const key = createPrivateKey(readFileSync(path.join(out, '_.example.com.key')))
    assert.ok(certificate.checkPrivateKey(key))
    assert.equal(statSync(path.join(out, '_.example.com.key')).mode & 0o777, 0o600)
    assert.equal((await sallyport([...line, ...names])).code, 2)
    for (const name of ['../x', 'fe80::1%eth0']) {
      assert.equal((await sallyport([...line, name])).code, 2, name)
    }
  })

  test('another gateway gets a certificate of its name, and nothing is written over', async () => {
    const out = path.join(newFolder(), 'gateway-2')
    const line = ['gateways', 'certify', 'gateway-2', ...config, '--keys', offline, '--out', out]
    assert.equal((await sallyport(line)).code, 0)
    const certificate = read(path.join(out, 'gateway-2.crt'))
    assert.equal(certificate.subjectAltName, 'URI:spiffe://example.com/gateway/gateway-2')
    assert.ok(certificate.verify(read(path.join(out, 'service-ca.crt')).publicKey))
    assert.equal((await sallyport(line)).code, 2)
    assert.equal((await sallyport(['gateways', 'certify', '../x', ...config])).code, 2)
  })
})
