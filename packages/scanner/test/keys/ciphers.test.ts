import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeyFault } from '../../src/keys/key-fault.ts'
import { decryptRc2 } from '../../src/keys/password/rc2.ts'
import { decryptRc4 } from '../../src/keys/password/rc4.ts'
import { repeatHash } from '../../src/keys/password/repeated-hash.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

test('RC2 decrypts the vectors of RFC 2268 §5', () => {
  const vectors = [
    ['0000000000000000', 63, '0000000000000000', 'ebb773f993278eff'],
    ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
    ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
    ['88', 64, '0000000000000000', '61a8a244adacccf0'],
    ['88bca90e90875a', 64, '0000000000000000', '6ccf4308974c267f'],
    ['88bca90e90875a7f0f79c384627bafb2', 64, '0000000000000000', '1a807d272bbe5db1'],
    ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
  ] as const
  for (const [key, effectiveBits, plain, sealed] of vectors) {
    // One block of CBC whose IV turns the plain text into padding of a whole block.
    const iv = hex(plain).map((byte) => byte ^ 8)
    const options = { key: hex(key), effectiveBits, iv: Buffer.from(iv), data: hex(sealed) }
    assert.equal(decryptRc2(options).length, 0)
    assert.throws(() => decryptRc2({ ...options, iv: Buffer.alloc(8, 0x77) }), KeyFault)
  }
})

test('RC4 gives the stream of RFC 6229', () => {
  assert.equal(
    decryptRc4(hex('0102030405'), Buffer.alloc(16)).toString('hex'),
    'b2396305f03dc027ccc3524a0a1118a8',
  )
  assert.equal(
    decryptRc4(hex('0102030405060708090a0b0c0d0e0f10'), Buffer.alloc(16)).toString('hex'),
    '9ac7cc9a609d1ef7b2932899cde41b97',
  )
})

test('a hash repeated is what Node hashes, for every algorithm and suffix', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('md5', 'sha1', 'sha256', 'sha512'),
      fc.uint8Array({ maxLength: 60 }),
      fc.integer({ min: 0, max: 20 }),
      (algorithm, suffix, rounds) => {
        const first = hash(algorithm, 'first', 'buffer')
        let expected = first
        for (let round = 0; round < rounds; round++) {
          expected = hash(algorithm, Buffer.concat([expected, suffix]), 'buffer')
        }
        const repeated = repeatHash(algorithm, first, { rounds, suffix: Buffer.from(suffix) })
        assert.equal(repeated.toString('hex'), expected.toString('hex'))
      },
    ),
  )
})
