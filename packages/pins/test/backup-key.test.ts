import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { keyKindOf } from '@sallyport/pki'
import { makeBackupKey, pinOf } from '../src/index.ts'

for (const kind of ['ec-p256', 'ec-p384', 'rsa-2048'] as const) {
  test(`a backup key of kind ${kind} opens with its passphrase, and is what was pinned`, async () => {
    const { pin, encryptedPem } = await makeBackupKey(kind, 'Pässphrase of twelve')
    const key = createPrivateKey({ key: encryptedPem, passphrase: 'Pässphrase of twelve' })
    assert.equal(keyKindOf(key), kind)
    assert.equal(pinOf(createPublicKey(key)), pin)
    assert.throws(() => createPrivateKey({ key: encryptedPem, passphrase: 'another' }))
  })
}

test('no two backup keys are alike', async () => {
  const [one, two] = await Promise.all([
    makeBackupKey('ec-p256', 'passphrase one'),
    makeBackupKey('ec-p256', 'passphrase one'),
  ])
  assert.notEqual(one.pin, two.pin)
  assert.notEqual(one.encryptedPem, two.encryptedPem)
})
