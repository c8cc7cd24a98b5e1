import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readDer } from '../../src/der/der-cursor.ts'
import { DerError } from '../../src/der/der-error.ts'
import {
  asciiOf,
  bitStringOctetsOf,
  booleanOf,
  integerBytesOf,
  namedBitsOf,
  smallIntegerOf,
  utf8Of,
} from '../../src/der/der-value.ts'
import {
  derBitString,
  derBoolean,
  derInteger,
  derNamedBits,
  derSetOf,
  derUtf8,
} from '../../src/der/der-writer.ts'

const element = (hex: string | Buffer) =>
  readDer(typeof hex === 'string' ? Buffer.from(hex, 'hex') : hex).next()

describe('DER values', () => {
  it('reads TRUE and FALSE', () => {
    assert.equal(booleanOf(element('0101ff')), true)
    assert.equal(booleanOf(element('010100')), false)
    assert.equal(booleanOf(element(derBoolean(true))), true)
  })
  for (const wrong of ['010101', '01017f', '0100', '0102ffff']) {
    it(`refuses the BOOLEAN ${wrong}`, () => {
      assert.throws(() => booleanOf(element(wrong)), DerError)
    })
  }

  for (const wrong of ['0200', '02020001', '0202007f', '0202ff80', '0203ffffff']) {
    it(`refuses the INTEGER ${wrong}, which is not in its shortest form`, () => {
      assert.throws(() => integerBytesOf(element(wrong)), DerError)
    })
  }
  it('reads an INTEGER whose first bit is set, after a zero byte', () => {
    assert.deepEqual(integerBytesOf(element('02020080')), Buffer.from('0080', 'hex'))
  })
  it('reads small integers, and refuses those that are negative or too large', () => {
    assert.equal(smallIntegerOf(element('020100'), 5), 0)
    assert.equal(smallIntegerOf(element('02020100'), 300), 256)
    assert.throws(() => smallIntegerOf(element('0201ff'), 300), DerError)
    assert.throws(() => smallIntegerOf(element('02020100'), 255), DerError)
    assert.throws(() => smallIntegerOf(element(`0214${'7f'.repeat(20)}`), 2 ** 40), DerError)
  })
  it('reads back every number that is written', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 47 }), (number) => {
        assert.equal(smallIntegerOf(element(derInteger(number)), 2 ** 48), number)
      }),
    )
  })
  it('writes octets as a non-negative INTEGER in its shortest form', () => {
    assert.equal(derInteger(Buffer.from('000080', 'hex')).toString('hex'), '02020080')
    assert.equal(derInteger(Buffer.alloc(4)).toString('hex'), '020100')
  })

  it('reads the octets of a BIT STRING, and refuses one that is not whole octets', () => {
    assert.deepEqual(
      bitStringOctetsOf(element(derBitString(Buffer.from('ab', 'hex')))),
      Buffer.from('ab', 'hex'),
    )
    assert.throws(() => bitStringOctetsOf(element('030204b0')), DerError)
    assert.throws(() => bitStringOctetsOf(element('0300')), DerError)
  })

  it('reads named bits by position', () => {
    assert.deepEqual(namedBitsOf(element('03020106')), [
      false,
      false,
      false,
      false,
      false,
      true,
      true,
    ])
    assert.deepEqual(namedBitsOf(element('030100')), [])
  })
  it('reads named bits with trailing zeros, which roots of the field have', () => {
    assert.deepEqual(namedBitsOf(element('03020080')).indexOf(true), 0)
  })
  for (const wrong of ['0300', '030101', '03020881', '03020181']) {
    it(`refuses the named bits ${wrong}`, () => {
      assert.throws(() => namedBitsOf(element(wrong)), DerError)
    })
  }
  it('reads back every set of named bits that is written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 20 })), (positions) => {
        const bits = namedBitsOf(element(derNamedBits(positions)))
        const read = [...bits.keys()].filter((position) => bits[position])
        assert.deepEqual(
          read,
          positions.toSorted((a, b) => a - b),
        )
      }),
    )
  })

  it('refuses ASCII with control characters or the eighth bit', () => {
    assert.equal(asciiOf(element('160161')), 'a')
    for (const wrong of ['160100', '16010a', '160180']) {
      assert.throws(() => asciiOf(element(wrong)), DerError)
    }
  })
  it('reads UTF-8 and refuses bytes that are not', () => {
    assert.equal(utf8Of(element(derUtf8('Zoë'))), 'Zoë')
    assert.throws(() => utf8Of(element('0c02c080')), DerError)
  })
  it('writes a SET OF in ascending order', () => {
    assert.equal(
      derSetOf(derInteger(2), derInteger(1)).toString('hex'),
      derSetOf(derInteger(1), derInteger(2)).toString('hex'),
    )
  })
})
