import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { keyKinds, parseSigningRequest } from '@sallyport/pki'
import { softwareKeyStore } from '../src/index.ts'
import { scratchDirectory } from './scratch-directory.ts'

const noChallenge = { challenge: undefined }

for (const keyKind of keyKinds) {
  test(`a key of kind ${keyKind} signs, requests a certificate, and survives a restart`, async (t) => {
    const directory = join(scratchDirectory(t), 'phone')
    const made = await softwareKeyStore({ directory, keyKind }).create('key-1', noChallenge)
    const key = await softwareKeyStore({ directory }).open('key-1')
    assert.ok(key)
    const spki = Buffer.from(await key.publicKey())
    assert.deepEqual(spki, await made.publicKey())
    const request = parseSigningRequest(await key.signingRequest(), { keyKinds: [keyKind] })
    assert.deepEqual(request.spki, spki)
    const data = Buffer.from('data')
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    assert.ok(verify('sha256', data, publicKey, await key.sign(data)))
  })
}

test('nobody else can read what it writes', async (t) => {
  const directory = join(scratchDirectory(t), 'phone')
  const store = softwareKeyStore({ directory })
  await store.create('key-1', noChallenge)
  await store.saveRecord('{}')
  assert.equal(statSync(directory).mode & 0o777, 0o700)
  for (const name of readdirSync(directory)) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name)
  }
  assert.deepEqual(readdirSync(directory).toSorted(), ['device.json', 'key-1.pem'])
})

test('a key file that others can read is refused', async (t) => {
  const directory = scratchDirectory(t)
  const store = softwareKeyStore({ directory })
  await store.create('key-1', noChallenge)
  chmodSync(join(directory, 'key-1.pem'), 0o644)
  await assert.rejects(store.open('key-1'), { code: 'key_file_permissions', found: 'mode 644' })
})

test('a key file that is no key is refused', async (t) => {
  const directory = scratchDirectory(t)
  writeFileSync(join(directory, 'key-1.pem'), 'not a key', { mode: 0o600 })
  await assert.rejects(softwareKeyStore({ directory }).open('key-1'), {
    code: 'key_file_malformed',
  })
})

test('what is not there is undefined, and can be deleted', async (t) => {
  const store = softwareKeyStore({ directory: join(scratchDirectory(t), 'phone') })
  assert.equal(await store.open('key-1'), undefined)
  assert.equal(await store.loadRecord(), undefined)
  await store.delete('key-1')
  await store.create('key-1', noChallenge)
  await store.delete('key-1')
  assert.equal(await store.open('key-1'), undefined)
})

test('an id is no path', async (t) => {
  const store = softwareKeyStore({ directory: scratchDirectory(t) })
  for (const id of ['../x', 'a/b', '', '.', 'A', 'x'.repeat(65)]) {
    await assert.rejects(async () => store.open(id), TypeError, id)
  }
})
