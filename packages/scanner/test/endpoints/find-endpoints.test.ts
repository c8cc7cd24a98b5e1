import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { endpointDetector } from '../../src/endpoints/find-endpoints.ts'
import type { Endpoint } from '../../src/facts.ts'
import { defaultLimits } from '../../src/index.ts'
import { lookAt } from '../looked-at.ts'

const settings = { submittedAt: new Date(0), releaseWindowDays: 0, limits: defaultLimits }

async function endpointsIn(text: string): Promise<Endpoint[]> {
  const { facts } = await lookAt([endpointDetector(settings)], text)
  return facts.filter(({ kind }) => kind === 'endpoints').map(({ fact }) => fact as Endpoint)
}
const addresses = async (text: string) =>
  (await endpointsIn(text)).map(({ scheme, host, path }) => `${scheme}://${host}${path}`)

test('addresses are taken apart, with where they begin', async () => {
  const text = 'url = "https://API.Bank.com:8443/v1/accounts/{id}?page=1#top"'
  assert.deepEqual(await endpointsIn(text), [
    {
      scheme: 'https',
      host: 'api.bank.com',
      path: '/v1/accounts/{id}',
      location: { path: 'assets/some.txt', offset: 7 },
    },
  ])
})

test('schemes of services are known, others are not', async () => {
  const text =
    'wss://a.bank.com http://b.bank.com mqtts://c.bank.com/ content://d.bank.com intent://e.bank.com'
  assert.deepEqual(await addresses(text), [
    'wss://a.bank.com',
    'http://b.bank.com',
    'mqtts://c.bank.com/',
  ])
})

test('user names, addresses in numbers and in brackets are understood', async () => {
  const text =
    'https://app:key@a.bank.com/x http://192.168.1.7:3000/y http://[2001:db8::1]:80/z http://999.1.1'
  assert.deepEqual(await addresses(text), [
    'https://a.bank.com/x',
    'http://192.168.1.7/y',
    'http://2001:db8::1/z',
  ])
})

test('what ends a sentence is no part of an address', async () => {
  assert.deepEqual(await addresses('(see https://bank.com/help/login). Or https://bank.com.'), [
    'https://bank.com/help/login',
    'https://bank.com',
  ])
})

test('each is told once', async () => {
  assert.equal((await endpointsIn('https://bank.com/a\n'.repeat(50))).length, 1)
})

test('namespaces, licences, documentation, revocation lists, examples and what is filled in later are none', async () => {
  const text = [
    'http://schemas.android.com/apk/res/android',
    'http://www.w3.org/2001/XMLSchema-instance',
    'http://www.apple.com/DTDs/PropertyList-1.0.dtd',
    'http://www.apache.org/licenses/LICENSE-2.0',
    'https://developer.android.com/guide',
    'https://docs.bank.com/sdk',
    'http://ocsp.digicert.com',
    'http://crl3.digicert.com/ca.crl',
    'https://github.com/square/okhttp',
    'http://javax.xml.xmlconstants/feature/secure-processing',
    'https://www.googleapis.com/auth/drive.file',
    'http://localhost:8080/x',
    'https://example.com/a',
    'https://%s/v1',
    '"https://" + host',
    '`https://${host}/v1`',
    'https://.../x',
    'http://a',
  ]
  assert.deepEqual(await addresses(text.join('\n')), [])
})

test('any text is read to its end, and linear in its length', async () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('https://', '://', 'a.b', '[', '@', ':', '/v1/{id}', '"', 'api/'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      const text = pieces.join('')
      for (const { host, location } of await endpointsIn(text)) {
        assert.ok(host.length > 0 && host === host.toLowerCase())
        assert.ok((location.offset as number) < text.length)
      }
    }),
    { numRuns: 400 },
  )
  for (const hostile of [
    '://',
    'https://a',
    'http://a.',
    'https://a:a@',
    'api/v1/',
    '/{a',
    '"api/{a}',
  ]) {
    const text = hostile.repeat(Math.ceil(400_000 / hostile.length))
    const before = performance.now()
    await lookAt([endpointDetector({ ...settings, gatedRoutes: [] })], text)
    const microseconds = ((performance.now() - before) * 1000) / text.length
    assert.ok(microseconds < 5, `${hostile}: ${microseconds} µs a character`)
  }
})

test('paths of services are told where a gateway asks for them', async () => {
  const text =
    'v1/accounts/{id}\n"/api/v2/login"\napplication/json\nres/layout/main.xml\ncom/bank/App\napi/logo.png\na/{b}\n'
  const withRoutes = await lookAt([endpointDetector({ ...settings, gatedRoutes: [] })], text)
  assert.deepEqual(
    withRoutes.facts.map(({ kind, fact }) => [kind, (fact as { path: string }).path]),
    [
      ['servicePaths', '/v1/accounts/{id}'],
      ['servicePaths', '/api/v2/login'],
      ['servicePaths', '/a/{b}'],
    ],
  )
  assert.deepEqual((await lookAt([endpointDetector(settings)], text)).facts, [])
})
