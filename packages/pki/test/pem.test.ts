import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { certificatesFromPem, toPem } from '../src/pem.ts'
import { type TestCa, testDevice, testDeviceCa, testRoot } from './test-authority.ts'

describe('PEM', () => {
  let root: TestCa
  let ca: TestCa
  let chain: string

  before(async () => {
    root = await testRoot()
    ca = await testDeviceCa(root)
    chain = [ca, root].map(({ certificate }) => toPem('CERTIFICATE', certificate.der)).join('')
  })

  it('has lines of 64 characters and a last one', async () => {
    const { certificate } = await testDevice(ca)
    const lines = toPem('CERTIFICATE', certificate.der).split('\n')
    assert.equal(lines[0], '-----BEGIN CERTIFICATE-----')
    assert.ok(lines.slice(1, -3).every(({ length }) => length === 64))
    assert.equal(lines.at(-2), '-----END CERTIFICATE-----')
    assert.equal(lines.at(-1), '')
  })
  it('gives all certificates in their order', () => {
    const thumbprints = certificatesFromPem(chain).map(({ thumbprint }) => thumbprint)
    assert.deepEqual(thumbprints, [ca.certificate.thumbprint, root.certificate.thumbprint])
  })
  it('gives them whatever the line ends, and whatever stands between', () => {
    const text = `bag attributes\r\n${chain.replaceAll('\n', '\r\n')}\r\nmore`
    assert.equal(certificatesFromPem(text).length, 2)
  })
  it('without a certificate is refused', () => {
    for (const text of ['', 'certificate', toPem('PRIVATE KEY', Buffer.alloc(3))]) {
      assert.throws(() => certificatesFromPem(text), {
        code: 'certificate_malformed',
        found: '0 begun, 0 complete',
      })
    }
  })
  it('with a block cut short is refused', () => {
    assert.throws(() => certificatesFromPem(chain.slice(0, -10)), { found: '2 begun, 1 complete' })
  })
  it('says which certificate is at fault', () => {
    const text = chain + toPem('CERTIFICATE', Buffer.from('300100', 'hex'))
    assert.throws(() => certificatesFromPem(text), /^Problem: certificate 3 of 3: /)
  })
  it('of more than 4 MiB is refused', () => {
    assert.throws(() => certificatesFromPem('x'.repeat(5_000_000)), /too large/)
  })
  it('that begins without end takes no time', () => {
    const started = performance.now()
    const text = '-----BEGIN CERTIFICATE-----\n'.repeat(100_000)
    assert.throws(() => certificatesFromPem(text), { code: 'certificate_malformed' })
    assert.ok(performance.now() - started < 2_000)
  })
})
