import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import {
  certificatesFromPem,
  createRoot,
  fileKeyProvider,
  isListOf,
  issueDeviceCa,
  issueServerCertificate,
  parseCertificateList,
  toPem,
} from '@sallyport/pki'
import { newFolder, sallyport } from '../sallyport.ts'
import { blocksOf, wordsOf } from './guide.ts'

const page = readFileSync(
  new URL('../../../../../docs/guide/published-status.md', import.meta.url),
  'utf8',
)
const passphrase = 'correct horse battery staple'

test('a root signs its list with the line of the page, and OpenSSL believes it', async () => {
  const cwd = newFolder()
  const env = { SALLYPORT_PASSPHRASE: passphrase }
  const run = async (line: string) => {
    const ran = await sallyport(wordsOf(line).slice(1), { cwd, env })
    assert.equal(ran.code, 0, ran.stderr)
    return ran
  }
  await run('sallyport ca init . --trust-domain example.com')
  const line =
    blocksOf(page, 'sh')
      .find((block) => block.includes('sign-list'))
      ?.trim() ?? ''
  const { stderr } = await run(line)
  assert.match(stderr, /sallyport ca import-list root\.crl/)
  const openssl = (command: string) =>
    execFileSync('openssl', command.split(' '), { cwd, encoding: 'utf8', stdio: 'pipe' })
  openssl('crl -in root.crl -CAfile device-root.crt -outform DER -out root.der')
  const [root] = certificatesFromPem(readFileSync(path.join(cwd, 'device-root.crt'), 'utf8'))
  const list = parseCertificateList(readFileSync(path.join(cwd, 'root.der')))
  assert.ok(root !== undefined && isListOf(list, root))
  assert.equal(list.nextUpdate - list.thisUpdate, 90 * 86_400_000)
  assert.equal(list.revoked.size, 0)

  const keys = fileKeyProvider({ directory: cwd, passphrase: () => Promise.resolve(passphrase) })
  const withdrawn = await issueDeviceCa({
    root: { certificate: root, key: await keys.open('device-root') },
    key: await keys.create('device-ca-wallet-1', 'ec-p256'),
    appId: 'wallet',
    trustDomain: 'example.com',
    kind: 'device',
    now: Date.now(),
  })
  writeFileSync(path.join(cwd, 'withdrawn.pem'), toPem('CERTIFICATE', withdrawn.der))
  await run(`${line} --withdrawn withdrawn.pem`)
  assert.match(openssl('crl -in root.crl -noout -text'), /CA Compromise/)
  writeFileSync(path.join(cwd, 'withdrawn.pem'), toPem('CERTIFICATE', root.der))
  const words = wordsOf(`${line} --withdrawn withdrawn.pem`).slice(1)
  const itself = await sallyport(words, { cwd, env })
  assert.equal(itself.code, 3)
  assert.match(itself.stderr, /It is not on the list of this root/)
})

test('the root of services signs its list offline too, with certificates of servers on it', async () => {
  const cwd = newFolder()
  const now = Date.now()
  const keys = fileKeyProvider({ directory: cwd, passphrase: () => Promise.resolve(passphrase) })
  const key = await keys.create('service-root', 'ec-p384')
  const root = await createRoot({ key, commonName: 'Service Root', kind: 'service', now })
  writeFileSync(path.join(cwd, 'service-root.crt'), toPem('CERTIFICATE', root.der))
  const server = await issueServerCertificate({
    issuer: { certificate: root, key },
    spki: (await keys.create('server', 'ec-p256')).spki,
    names: ['authority.example.com'],
    now,
    days: 30,
  })
  writeFileSync(path.join(cwd, 'withdrawn.pem'), toPem('CERTIFICATE', server.der))
  const line = 'ca sign-list --root . --kind service --withdrawn withdrawn.pem'
  const ran = await sallyport(line.split(' '), { cwd, env: { SALLYPORT_PASSPHRASE: passphrase } })
  assert.equal(ran.code, 0, ran.stderr)
  execFileSync(
    'openssl',
    'crl -in service-root.crl -CAfile service-root.crt -outform DER -out list.der'.split(' '),
    { cwd, stdio: 'pipe' },
  )
  const list = parseCertificateList(readFileSync(path.join(cwd, 'list.der')))
  assert.ok(isListOf(list, root))
  assert.deepEqual([...list.revoked.keys()], [server.serial])
})
