import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Certificate, oids } from '@sallyport/pki'
import { pemOf } from '../deployment-pki.ts'
import { scratchDirectory } from '../scratch-directory.ts'
import { createDevices } from './broken-devices.ts'
import { hasPrograms, run } from './program.ts'

test('openssl verify takes a device certificate as a client and never as a server', async (t) => {
  if (!hasPrograms(t, 'openssl')) return
  const { root, ca, good } = await createDevices()
  const verify = opensslVerify(t, root.certificate)
  const chain = [good.certificate, ca.certificate]
  const asClient = await verify(chain, '-purpose', 'sslclient')
  assert.equal(asClient.exitCode, 0, asClient.output)
  const asServer = await verify(chain, '-purpose', 'sslserver')
  assert.notEqual(asServer.exitCode, 0)
  assert.match(asServer.output, /unsuitable certificate purpose/)
})

test('the assurance of a device is a policy that openssl finds valid along the chain', async (t) => {
  if (!hasPrograms(t, 'openssl')) return
  const { root, ca, good } = await createDevices()
  const verify = opensslVerify(t, root.certificate)
  const underPolicy = (policy: string) => {
    const options = ['-policy_check', '-explicit_policy', '-policy', policy]
    return verify([good.certificate, ca.certificate], ...options)
  }
  const software = await underPolicy(oids.assurancePolicies.software)
  assert.equal(software.exitCode, 0, software.output)
  const strongbox = await underPolicy(oids.assurancePolicies.strongbox)
  assert.match(strongbox.output, /no explicit policy/)
})

test('openssl verify refuses every broken device certificate', async (t) => {
  if (!hasPrograms(t, 'openssl')) return
  const { root, broken } = await createDevices()
  const verify = opensslVerify(t, root.certificate)
  const reasons: Readonly<Record<string, RegExp>> = {
    'of another trust domain': /permitted subtree violation/,
    'of a trust domain that only ends alike': /permitted subtree violation/,
    expired: /certificate has expired/,
    'of a stranger of the same name': /unable to get local issuer certificate/,
    'with a signature that was changed': /signature failure/,
    'issued by a device': /invalid CA certificate/,
  }
  for (const [what, { device, issuers }] of broken) {
    const chain = [device.certificate, ...issuers]
    const { exitCode, output } = await verify(chain, '-purpose', 'sslclient')
    assert.notEqual(exitCode, 0, what)
    assert.match(output, reasons[what] ?? /never/, what)
  }
})

/** `openssl verify`, strictly, of a chain whose first is the certificate in question. */
function opensslVerify(t: TestContext, root: Certificate) {
  const directory = scratchDirectory(t)
  const file = (name: string, ...certificates: Certificate[]) => {
    writeFileSync(join(directory, name), pemOf(...certificates))
    return join(directory, name)
  }
  const anchor = file('root.pem', root)
  return ([leaf, ...issuers]: readonly Certificate[], ...options: readonly string[]) => {
    assert.ok(leaf)
    const untrusted = file('issuers.pem', ...issuers)
    const trust = ['-CAfile', anchor, '-untrusted', untrusted]
    return run('openssl', ['verify', '-x509_strict', ...trust, ...options, file('leaf.pem', leaf)])
  }
}
