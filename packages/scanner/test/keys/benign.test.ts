import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { detectKeys, fixture } from './detect-keys.ts'

async function rulesOf(files: Readonly<Record<string, Buffer | string>>, submittedAt?: Date) {
  const given = submittedAt === undefined ? { files } : { files, submittedAt }
  const { findings } = await detectKeys(given)
  return findings.map(({ rule, severity }) => `${rule}${severity ? ` ${severity}` : ''}`).toSorted()
}

test('a trust store is no identity, whatever it is kept in', async () => {
  for (const file of ['trust.jks', 'trust.bks', 'trust.p12']) {
    assert.deepEqual(await rulesOf({ 'res/raw/trust': fixture(file) }), [
      'embedded-certificate info',
    ])
  }
})

test('a list of public authorities says nothing', async () => {
  assert.deepEqual(await rulesOf({ 'assets/cacert.pem': rootCertificates.join('\n') }), [])
})

test('certificates of a signature say nothing', async () => {
  assert.deepEqual(await rulesOf({ 'META-INF/CERT.RSA': fixture('certificates.p7b') }), [])
  // The same as signedAndEnvelopedData, 1.2.840.113549.1.7.4.
  const sealed = Buffer.from(fixture('certificates.p7b'))
  sealed[sealed.indexOf('2a864886f70d010702', 0, 'hex') + 8] = 4
  assert.deepEqual(await rulesOf({ 'assets/button.p7': sealed }), [])
})

test('the example key of FIDO U2F, which browsers hold for their tests, is known', async () => {
  const d = 'f3fccc0d00d8031954f90864d43c247f4bf5f0665c6b50cc17749a27d1cf7664'
  const point =
    '048d617e65c9508e64bcc5673ac82a6799da3c1446682c258c463fffdf58dfd2fa3e6c378b53d795c4a4dffb4199edd7862f23abaf0203b4b8911ba0569994e101'
  const key = `308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420${d}a144034200${point}`
  const inProgram = Buffer.concat([Buffer.alloc(999, 'ELF'), Buffer.from(key, 'hex')])
  assert.deepEqual(await rulesOf({ chromium: inProgram }), ['known-public-key'])
})

test('a key that a specification publishes is known', async () => {
  // RFC 8037 A.1
  const key = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  }
  const { findings } = await detectKeys({ files: { 'a.js': `const key = ${JSON.stringify(key)}` } })
  assert.equal(findings.length, 1)
  assert.equal(findings[0]?.rule, 'known-public-key')
  assert.match(findings[0]?.detail ?? '', /ietf-jose\/cookbook/)
})

test('the key of a server on the device, of a CA and of no certificate are private keys', async () => {
  const server = { key: fixture('server-key.pem'), certificate: fixture('server.pem') }
  assert.deepEqual(await rulesOf(server), ['private-key high'])
  const authority = { key: fixture('root-key.pem'), certificate: fixture('root.pem') }
  assert.deepEqual(await rulesOf(authority), ['private-key critical'])
  assert.deepEqual(await rulesOf({ key: fixture('client-key.pem') }), ['private-key'])
})

test('a key and its certificate are put together across files', async () => {
  const { findings } = await detectKeys({
    files: {
      'lib/a.so': fixture('client-pkcs8.der'),
      'assets/b': fixture('client-certificate.der'),
    },
  })
  assert.equal(findings.length, 1)
  assert.equal(findings[0]?.rule, 'client-identity')
  assert.deepEqual(
    findings[0]?.locations.map(({ path }) => path),
    ['lib/a.so', 'assets/b'],
  )
})

test('an identity whose certificate expired is less, and an old release is judged at its time', async () => {
  const files = { 'a.pem': Buffer.concat([fixture('client.pem'), fixture('client-key.pem')]) }
  assert.deepEqual(await rulesOf(files), ['client-identity critical'])
  assert.deepEqual(await rulesOf(files, new Date('2090-01-01')), ['client-identity medium'])
})

test('a short key is told beside what it is', async () => {
  const files = { a: fixture('client-weak-key.pem'), b: fixture('client-weak.pem') }
  assert.deepEqual(await rulesOf(files), ['client-identity critical', 'weak-key'])
})

test('a certificate of version 1 is one', async () => {
  const { findings } = await detectKeys({
    files: { a: fixture('client-rsa-key.pem'), b: fixture('client-v1.pem') },
  })
  assert.equal(findings[0]?.rule, 'client-identity')
  assert.equal(findings[0]?.facts?.['subject'], 'CN=version 1, O=Example Bank')
})

test('a key is found to be of its certificate, however that writes its point', async () => {
  const { findings } = await detectKeys({
    files: { a: fixture('client-key.pem'), b: fixture('client-compressed.pem') },
  })
  assert.deepEqual(
    findings.map(({ rule }) => rule),
    ['client-identity'],
  )
})

test('the same identity has the same identity in every build and place', async () => {
  const one = await detectKeys({ files: { 'assets/a.p12': fixture('default-modern.p12') } })
  const other = await detectKeys({ files: { 'res/zZ.bks': fixture('default.bks') } })
  assert.equal(one.findings[0]?.identity, other.findings[0]?.identity)
  assert.match(one.findings[0]?.identity ?? '', /^[0-9a-f]{64}$/)
})

test('what is random is nothing', async () => {
  // The same noise every time, so that this cannot fail by chance.
  const blocks = Array.from({ length: 60_000 }, (_, index) => {
    return createHash('sha512').update(String(index)).digest()
  })
  assert.deepEqual(await rulesOf({ noise: Buffer.concat(blocks) }), [])
})
