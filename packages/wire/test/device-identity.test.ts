import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDeviceUri, isAtLeast, isId, newId, parseDeviceUri } from '../src/index.ts'

const deviceId = 'dev_abcdefghijklmnopqrstuvwxyz'
const uri = `spiffe://example.com/app/wallet/device/${deviceId}`

test('a device URI is read back as it was written', () => {
  const parts = { trustDomain: 'example.com', appId: 'wallet', deviceId }
  assert.equal(formatDeviceUri(parts), uri)
  assert.deepEqual(parseDeviceUri(uri), parts)
})

for (const [what, text] of [
  ['another scheme', uri.replace('spiffe', 'https')],
  ['an upper-case trust domain', uri.replace('example', 'Example')],
  ['a port', uri.replace('example.com', 'example.com:443')],
  ['a user', uri.replace('example.com', 'a@example.com')],
  ['a query', `${uri}?a=b`],
  ['a fragment', `${uri}#a`],
  ['a trailing slash', `${uri}/`],
  ['a dot segment', uri.replace('wallet', '..')],
  ['an empty segment', uri.replace('wallet', '')],
  ['percent-encoding', uri.replace('wallet', 'w%61llet')],
  ['an id of another kind', uri.replace('dev_', 'req_')],
  ['a short id', uri.slice(0, -1)],
  ['a line break', `${uri}\n`],
] as const) {
  test(`a URI with ${what} is not a device's`, () => assert.equal(parseDeviceUri(text), undefined))
}

test('ids are their prefix and 26 characters, and differ', () => {
  const ids = new Set(Array.from({ length: 1_000 }, () => newId('device')))
  assert.equal(ids.size, 1_000)
  for (const id of ids) assert.ok(isId('device', id))
})

test('assurances compare by what is proven', () => {
  assert.ok(isAtLeast('strongbox', 'tee'))
  assert.ok(isAtLeast('secure-enclave', 'strongbox'))
  assert.ok(!isAtLeast('app-attested', 'tee'))
  assert.ok(!isAtLeast('software', 'app-attested'))
  assert.ok(isAtLeast('unattested', 'unattested'))
})
