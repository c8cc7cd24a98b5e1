import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { derSequence } from '../../src/der/der-writer.ts'
import { oids } from '../../src/oids.ts'
import {
  addressName,
  dnsName,
  extension,
  extensionField,
  forge,
  leafExtensions,
  mailName,
  uriName,
  wholeDevice,
} from '../forge.ts'
import { opensslVerify } from '../openssl.ts'
import { generateKey, signingKeyOf } from '../../src/signing-key.ts'
import { type TestCa, testDevice, testDeviceCa, testRoot } from '../test-authority.ts'

describe('openssl verify', () => {
  let root: TestCa
  let ca: TestCa
  let spki: Buffer

  before(async () => {
    root = await testRoot('device', 'ec-p384')
    ca = await testDeviceCa(root)
    spki = signingKeyOf(await generateKey('ec-p256')).spki
  })

  const chain = (leafDer: Uint8Array) => ({
    root: root.certificate,
    intermediates: [ca.certificate],
    leafDer,
  })

  it('accepts a device under its CA and root, strictly, for client authentication', async () => {
    const { certificate } = await testDevice(ca)
    const { ok, text } = await opensslVerify(chain(certificate.der), '-purpose', 'sslclient')
    assert.ok(ok, text)
  })

  it('refuses a device as a server', async () => {
    const { certificate } = await testDevice(ca)
    const { ok, text } = await opensslVerify(chain(certificate.der), '-purpose', 'sslserver')
    assert.ok(!ok)
    assert.match(text, /unsuitable certificate purpose/)
  })

  it('finds the assurance among the valid policies, and no other', async () => {
    const { certificate } = await testDevice(ca, { assurance: 'strongbox' })
    const policy = (oid: string) =>
      opensslVerify(chain(certificate.der), '-policy', oid, '-explicit_policy')
    const right = await policy(oids.assurancePolicies.strongbox)
    assert.ok(right.ok, right.text)
    const wrong = await policy(oids.assurancePolicies.tee)
    assert.ok(!wrong.ok)
  })

  for (const keyKind of ['ec-p384', 'rsa-2048', 'rsa-3072'] as const) {
    it(`accepts ${keyKind} at every level`, async () => {
      const ownRoot = await testRoot('device', keyKind)
      const ownCa = await testDeviceCa(ownRoot, { keyKind })
      const { certificate } = await testDevice(ownCa, { keyKind })
      const { ok, text } = await opensslVerify({
        root: ownRoot.certificate,
        intermediates: [ownCa.certificate],
        leafDer: certificate.der,
      })
      assert.ok(ok, text)
    })
  }

  const named = (...names: Buffer[]) =>
    forge(ca, spki, {
      rest: extensionField(
        ...leafExtensions(ca.certificate, spki, {
          names: extension(oids.subjectAlternativeName, derSequence(...names), true),
        }),
      ),
    })

  it('accepts a forged leaf whose one name is a URI of the trust domain', async () => {
    const { ok, text } = await opensslVerify(chain(named(uriName(wholeDevice))))
    assert.ok(ok, text)
  })

  const violations: readonly [name: string, build: () => Buffer][] = [
    ['a URI of another trust domain', () => uriName('spiffe://other.example/app/wallet/device/x')],
    ['a URI below the trust domain', () => uriName('spiffe://dev.example.com/app/a/device/x')],
    ['a DNS name', () => dnsName('example.com')],
    ['an IPv4 address', () => addressName(192, 0, 2, 1)],
    ['an IPv6 address', () => addressName(...Buffer.from('20010db8'.padEnd(32, '0'), 'hex'))],
    ['a mail address', () => mailName('someone@example.com')],
  ]
  for (const [name, build] of violations) {
    it(`refuses ${name} under the name constraints of the issuing CA`, async () => {
      const { ok, text } = await opensslVerify(chain(named(uriName(wholeDevice), build())))
      assert.ok(!ok)
      assert.match(text, /(permitted|excluded) subtree violation/)
    })
  }

  it('refuses a CA below the issuing CA', async () => {
    // Another name: a CA of the same name would be self-issued, which path lengths do not count.
    const below = await testDeviceCa(ca, { appId: 'other' })
    const { certificate } = await testDevice(below, { appId: 'other' })
    const { ok, text } = await opensslVerify({
      root: root.certificate,
      intermediates: [ca.certificate, below.certificate],
      leafDer: certificate.der,
    })
    assert.ok(!ok)
    assert.match(text, /path length constraint exceeded/)
  })
})
