import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { oids, parseCertificate } from '@sallyport/pki'
import { type Development, endLeftOver, newFolder, startDev } from '../sallyport.ts'
import { enrollOnce, type EnrollmentKey } from './enrollment.ts'
import { hasPrograms, run } from './program.ts'

after(endLeftOver)

const packages = fileURLToPath(new URL('../../../../', import.meta.url))
const pki = 'pki/test/device-checks.test.ts'
const decide = 'gateway/test/decide.test.ts'
const request = 'pki/test/signing-request.test.ts'
const enroll = 'authority/test/enrollment/enroll-device.test.ts'
const hostile = 'gateway/test/hostile-input.test.ts'
const authority = 'authority/test/api/hostile-http.test.ts'
const service = 'gateway/test/forward/hostile-service.test.ts'
const flood = 'cli/test/acceptance/hostile-flood.test.ts'
const here = 'cli/test/acceptance/bad-input.test.ts'

/** Every kind of bad input, the files with its tests, and the title, or row of a table, of each. */
const coverage: readonly [input: string, file: string, title: string][] = [
  ['a certificate from a stranger CA', pki, 'a certificate of a stranger CA'],
  [
    'a certificate from a stranger CA',
    decide,
    'a stranger CA, an expired and a future certificate',
  ],
  ['an expired certificate', decide, 'device_certificate_expired'],
  ['a certificate that is not yet valid', decide, 'device_certificate_not_yet_valid'],
  ['a certificate with a wrong EKU', pki, 'extended key usage serverAuth'],
  ['a certificate with a wrong EKU', decide, 'device_certificate_usage_invalid'],
  ['a certificate with two SAN URIs', pki, 'two URIs'],
  ['a certificate with two SAN URIs', decide, 'device_certificate_identity_invalid'],
  ['a certificate of a foreign trust domain', pki, 'a foreign trust domain'],
  ['a certificate of a foreign trust domain', decide, 'a foreign CA that names our trust domain'],
  ['our extensions under a CA not own', pki, 'our facts under a CA that is not our own'],
  ['our extensions under a CA not own', decide, 'device_certificate_extension_forbidden'],
  ['a CSR with a bad signature', request, 'refuses a request that another key signed'],
  ['a CSR with a bad signature', enroll, 'whose signing request another key signed'],
  ['a CSR with RSA-1024', request, 'refuses RSA of 1024 bits'],
  ['a CSR with RSA-1024', enroll, 'with an RSA key of 1024 bits'],
  ['a CSR with an unknown curve', request, 'refuses a curve that it does not know'],
  ['a CSR with an unknown curve', here, 'on a curve that nobody takes is refused'],
  ['a CSR with 1 MB of SAN', request, 'refuses 1 MB of names without reading them'],
  ['a CSR with 1 MB of SAN', here, 'with 1 MB of names is refused by its size'],
  ['a CSR with our OIDs', request, 'our own extensions and policies'],
  ["a CSR with another device's URI", request, 'the URI of another device'],
  ["a CSR with our OIDs and another device's URI", here, 'gets a certificate of its key alone'],
  ['a challenge used twice', enroll, 'was used by another key'],
  ['a challenge that expired', enroll, 'has expired'],
  ['a forged challenge', enroll, 'is forged'],
  ['a challenge of another app', enroll, 'is for another app'],
  ['a 100 MB header block', hostile, 'a header block of 100 MB is cut off at the limit'],
  ['a 100 MB header block', authority, 'a header section above 16 KiB is refused'],
  ['a 100 MB header block', flood, 'header blocks of 100 MB'],
  ['a slow-loris', hostile, 'a header section that drips is given up'],
  ['a slow-loris', authority, 'a client that sends its header section too slowly is closed'],
  ['a slow-loris', flood, 'header sections that drip'],
  ['half a ClientHello', hostile, 'half a ClientHello, and none, are given up'],
  ['half a ClientHello', authority, 'half a ClientHello is closed in time'],
  ['half a ClientHello', flood, 'halves of a ClientHello'],
  ['Content-Length and Transfer-Encoding', hostile, 'both Content-Length and Transfer-Encoding'],
  ['Content-Length and Transfer-Encoding', authority, 'both Content-Length and Transfer-Encoding'],
  ['Content-Length and Transfer-Encoding', flood, 'both Content-Length and Transfer-Encoding'],
  ['a header with NUL', hostile, 'a header with NUL'],
  ['a header with NUL', authority, 'a header with NUL is refused'],
  ['a header with NUL', flood, 'a header with NUL'],
  ['a header with a bare LF', hostile, 'a bare LF behind a field'],
  ['a header with a bare LF', flood, 'a bare LF'],
  ['an h2 rapid-reset flood', hostile, 'a rapid-reset flood ends its own connection, calmly'],
  ['an h2 rapid-reset flood', flood, 'streams that are opened and reset'],
  ['an unknown upgrade', decide, 'an upgrade to anything but WebSocket'],
  ['an unknown upgrade', flood, 'an unknown upgrade'],
  ['an upstream that closes midway', service, 'that breaks off is cut off for the client too'],
  ['an upstream that closes midway', flood, '/midway'],
  ['an upstream that sends garbage', service, 'a service that sends garbage is 502'],
  ['an upstream that sends garbage', flood, '/garbage'],
  ['an upstream that sends nothing', service, 'a service that says nothing is 504'],
  ['an upstream that sends nothing', flood, '/nothing'],
  [
    'a full disk under the store',
    'authority/test/store/sqlite-full-disk.test.ts',
    'on a full disk',
  ],
  [
    'a full disk under the store',
    'authority/test/store/sqlite.test.ts',
    'a full store refuses every write of the group',
  ],
]

describe('each kind of bad input has its tests', () => {
  for (const [input, tests] of Map.groupBy(coverage, ([kind]) => kind)) {
    test(input, () => {
      for (const [, file, title] of tests) {
        const source = readFileSync(path.join(packages, file), 'utf8')
        // This file names what it looks for once in the table above: the test itself is the second time.
        const least = file === here ? 2 : 1
        assert.ok(source.split(title).length - 1 >= least, `${file} has no "${title}"`)
      }
    })
  }
})

describe('an enrolment at an authority that runs', () => {
  let dev: Development
  let agent: https.Agent
  before(async () => {
    dev = await startDev(path.join(newFolder(), 'dev'))
    agent = new https.Agent({ ca: readFileSync(dev.facts.caFile), keepAlive: true })
  })
  after(async () => {
    agent.destroy()
    await dev.end()
  })

  const send = (key: EnrollmentKey) => enrollOnce(dev.facts.authority, agent, key)

  test('whose CSR asks for our OIDs and for the URI of another device gets a certificate of its key alone', async (t) => {
    if (!hasPrograms(t, 'openssl')) return
    const { device, configFile } = dev.facts
    const uri = `spiffe://dev.sallyport.test/app/demo/device/${device.id}`
    const key = await keyWithRequest('prime256v1', [
      `subjectAltName = URI:${uri}`,
      `${oids.facts} = ASN1:UTF8String:strongbox`,
      `certificatePolicies = ${oids.assurancePolicies.strongbox}`,
      'basicConstraints = critical, CA:TRUE',
    ])
    const enrolled = await send(key)
    assert.ok(enrolled, configFile)
    const [leaf = ''] = enrolled.issued.certificates
    const certificate = parseCertificate(Buffer.from(leaf, 'base64url'))
    assert.notEqual(enrolled.issued.deviceId, device.id)
    assert.deepEqual(certificate.uris, [uri.replace(device.id, enrolled.issued.deviceId)])
    assert.equal(certificate.isCa, false)
    assert.ok(!certificate.policies.includes(oids.assurancePolicies.strongbox))
    assert.ok(certificate.spki.equals(spkiOf(key.publicKey)))
  })

  test('whose CSR is of a key on a curve that nobody takes is refused', async (t) => {
    if (!hasPrograms(t, 'openssl')) return
    await assert.rejects(send(await keyWithRequest('secp256k1', [])), /csr_key_not_allowed/)
  })

  test('with 1 MB of names is refused by its size', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const names = Buffer.alloc(1024 * 1024, 'spiffe://sallyport.test/')
    // The answer may be lost where the connection ends while the client still sends.
    const outcome = await send({ ...key, request: names }).then(
      (enrolled) => (enrolled === undefined ? 'closed' : 'enrolled'),
      (error: unknown) => String(error),
    )
    assert.match(outcome, /^closed$|body_too_large/)
  })

  test('after all of that is answered as before', async () => {
    assert.ok(await send(generateKeyPairSync('ec', { namedCurve: 'P-256' })))
  })
})

/** A key, and a CSR of it as OpenSSL writes it, with what it asks for. */
async function keyWithRequest(
  curve: string,
  extensions: readonly string[],
): Promise<Required<EnrollmentKey>> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
  const at = (name: string): string => path.join(folder, name)
  const folder = newFolder()
  writeFileSync(at('key'), privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  const asked = ['[req]', 'distinguished_name = name', '[name]', '[asked]', ...extensions]
  writeFileSync(at('config'), asked.join('\n'))
  const wanted = extensions.length === 0 ? [] : ['-reqexts', 'asked']
  const files = ['-config', at('config'), '-key', at('key'), '-out', at('csr')]
  const how = ['req', '-new', '-subj', '/CN=admin', '-outform', 'DER', ...files, ...wanted]
  const { exitCode, output } = await run('openssl', how)
  assert.equal(exitCode, 0, output)
  return { publicKey, privateKey, request: readFileSync(at('csr')) }
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' })
}
