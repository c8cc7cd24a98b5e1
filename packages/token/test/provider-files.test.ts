import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { filesOfProvider, resolveProviderFiles } from '../src/index.ts'
import { testCa } from './certificates.ts'
import { audience, issuer, testKey } from './identity-provider.ts'

const introspection = {
  clientId: 'gateway',
  clientSecretFile: 'secret',
  privateKeyFile: 'client.key',
  certificateFile: 'client.crt',
}
const corp = { issuer, audience, jwksFile: 'keys.json', caFile: 'ca.pem', introspection }

test('every file that a provider names is known by its member, and found beside the configuration', () => {
  const named = filesOfProvider(resolveProviderFiles(corp, (file) => `/etc/sallyport/${file}`))
  assert.deepEqual(
    named.map(({ member, file }) => [member.join('/'), file]),
    [
      ['jwksFile', '/etc/sallyport/keys.json'],
      ['caFile', '/etc/sallyport/ca.pem'],
      ['introspection/clientSecretFile', '/etc/sallyport/secret'],
      ['introspection/privateKeyFile', '/etc/sallyport/client.key'],
      ['introspection/certificateFile', '/etc/sallyport/client.crt'],
    ],
  )
  assert.deepEqual(filesOfProvider({ issuer, audience }), [])
  const bare = { issuer, audience, jwksUrl: 'https://id.example.com/keys' }
  assert.deepEqual(
    resolveProviderFiles(bare, () => 'nowhere'),
    bare,
  )
})

test('a file that holds something else is refused, by what it should hold', async () => {
  const ca = await testCa()
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const good: Record<string, string> = {
    jwksFile: JSON.stringify({ keys: [(await testKey('k1')).jwk] }),
    caFile: ca.cert,
    clientSecretFile: 's3cret\n',
    privateKeyFile: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificateFile: ca.cert,
  }
  for (const { member, check, expected } of filesOfProvider(corp)) {
    const name = member.at(-1) ?? ''
    check(Buffer.from(good[name] ?? ''))
    for (const bad of ['', '\n', ...(name === 'clientSecretFile' ? [] : ['nonsense', '{}'])]) {
      assert.throws(() => check(Buffer.from(bad)), Error, `${name}: ${expected}`)
    }
  }
})
