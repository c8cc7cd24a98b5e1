import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { keyKindOf, keyKinds, rsaKeyKind } from '../src/key-kind.ts'
import { generateKey } from '../src/signing-key.ts'
import { readSubjectPublicKey } from '../src/subject-public-key.ts'

describe('kinds of keys', () => {
  for (const kind of keyKinds.filter((name) => name !== 'rsa-4096')) {
    it(`tells ${kind} from a key, public or private, and from its encoding`, async () => {
      const { privateKey, publicKey } = await generateKey(kind)
      assert.equal(keyKindOf(publicKey), kind)
      assert.equal(keyKindOf(privateKey), kind)
      const spki = publicKey.export({ format: 'der', type: 'spki' })
      assert.equal(readSubjectPublicKey(spki).kind, kind)
    })
  }
  it('tells RSA by the largest size that it reaches', () => {
    const kinds = [2_047, 2_048, 3_071, 3_072, 4_095, 4_096, 8_192, 8_193].map((bits) =>
      rsaKeyKind(bits, 65_537n),
    )
    assert.deepEqual(kinds, [
      undefined,
      'rsa-2048',
      'rsa-2048',
      'rsa-3072',
      'rsa-3072',
      'rsa-4096',
      'rsa-4096',
      undefined,
    ])
  })
  it('takes no RSA exponent that is 1, even or over 32 bits', () => {
    for (const exponent of [0n, 1n, 2n, 65_536n, (1n << 32n) + 1n]) {
      assert.equal(rsaKeyKind(2_048, exponent), undefined)
    }
  })
  it('knows no other curve and no other algorithm', () => {
    const others = [
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      generateKeyPairSync('ec', { namedCurve: 'secp521r1' }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa-pss', { modulusLength: 2_048 }),
    ]
    for (const { publicKey } of others) {
      assert.equal(keyKindOf(publicKey), undefined)
      const spki = publicKey.export({ format: 'der', type: 'spki' })
      assert.equal(readSubjectPublicKey(spki).kind, undefined)
    }
  })
})
