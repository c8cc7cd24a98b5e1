import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readDer } from '../../src/der/der-cursor.ts'
import { DerError } from '../../src/der/der-error.ts'
import { derOid } from '../../src/der/der-writer.ts'
import { objectIdentifierBytes, objectIdentifierOf } from '../../src/der/object-identifier.ts'
import { oids } from '../../src/oids.ts'

const read = (content: string) => {
  const bytes = Buffer.from(content, 'hex')
  return objectIdentifierOf(readDer(Buffer.from([6, bytes.length, ...bytes])).next())
}

describe('object identifiers', () => {
  it('reads the example of X.690 §8.19.5', () => {
    assert.equal(read('883703'), '2.999.3')
    assert.deepEqual(objectIdentifierBytes('2.999.3'), Buffer.from('883703', 'hex'))
  })
  it('reads rsaEncryption as RFC 8017 has it', () => {
    assert.equal(read('2a864886f70d010101'), '1.2.840.113549.1.1.1')
  })
  it('reads an arc of 128 bits, as 2.25 has them', () => {
    assert.equal(read('6983ffffffffffffffffffffffffffffffffff7f'), `2.25.${2n ** 128n - 1n}`)
  })
  for (const [wrong, why] of [
    ['', 'is empty'],
    ['2a80', 'ends in the middle of an arc'],
    ['2a8001', 'has an arc with a leading zero'],
    ['2a'.repeat(65), 'is too long'],
    [`2a${'ff'.repeat(30)}7f`, 'has an arc that is too large'],
  ] as const) {
    it(`refuses one that ${why}`, () => assert.throws(() => read(wrong), DerError))
  }
  it('reads back every one that is written', () => {
    const arcs = fc.array(fc.nat({ max: 2 ** 31 - 1 }), { maxLength: 10 })
    fc.assert(
      fc.property(fc.nat({ max: 2 }), fc.nat({ max: 39 }), arcs, (first, second, rest) => {
        const text = [first, second, ...rest].join('.')
        assert.equal(objectIdentifierOf(readDer(derOid(text)).next()), text)
      }),
    )
  })
  it('refuses to write what is none', () => {
    for (const wrong of ['', '1', '3.1', '1.02', '1.-1', '1.2.']) {
      assert.throws(() => objectIdentifierBytes(wrong), TypeError)
    }
  })
  it('keeps every arc of our own below 2²⁴, for parsers that refuse larger ones', () => {
    for (const arc of oids.base.split('.')) assert.ok(Number(arc) < 2 ** 24)
  })
})
