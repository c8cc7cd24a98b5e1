import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeCbor } from '@sallyport/virtual-device'
import fc from 'fast-check'
import { CborError, type CborFault } from '../../src/cbor/cbor-error.ts'
import type { CborValue } from '../../src/cbor/cbor-value.ts'
import { decodeCbor, decodeFirstCbor } from '../../src/cbor/decode-cbor.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const map = (...entries: [string | number | bigint, CborValue][]) => new Map(entries)

function refuses(bytes: string | Buffer, reason: RegExp, fault: CborFault = 'malformed') {
  assert.throws(
    () => decodeCbor(typeof bytes === 'string' ? hex(bytes) : bytes),
    (error) => error instanceof CborError && reason.test(error.message) && error.fault === fault,
  )
}

/** RFC 8949 Appendix A, as far as it is in CTAP2's canonical form. */
const vectors: readonly (readonly [string, CborValue])[] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1819', 25],
  ['1864', 100],
  ['1903e8', 1_000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['1bffffffffffffffff', 18_446_744_073_709_551_615n],
  ['3bffffffffffffffff', -18_446_744_073_709_551_616n],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1_000],
  ['f90000', 0],
  ['f98000', -0],
  ['f93c00', 1],
  ['fb3ff199999999999a', 1.1],
  ['f93e00', 1.5],
  ['f97bff', 65_504],
  ['fa47c35000', 100_000],
  ['fa7f7fffff', 3.4028234663852886e38],
  ['fb7e37e43c8800759c', 1e300],
  ['f90001', 5.960464477539063e-8],
  ['f90400', 0.00006103515625],
  ['f9c400', -4],
  ['fbc010666666666666', -4.1],
  ['f97c00', Infinity],
  ['f97e00', Number.NaN],
  ['f9fc00', -Infinity],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['40', Buffer.alloc(0)],
  ['4401020304', hex('01020304')],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', 'ü'],
  ['63e6b0b4', '水'],
  ['64f0908591', '𐅑'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['98190102030405060708090a0b0c0d0e0f101112131415161718181819', [...Array(26).keys()].slice(1)],
  ['a0', map()],
  ['a201020304', map([1, 2], [3, 4])],
  ['a26161016162820203', map(['a', 1], ['b', [2, 3]])],
  ['826161a161626163', ['a', map(['b', 'c'])]],
]

describe('decoding CBOR', () => {
  for (const [bytes, value] of vectors) {
    it(`reads ${bytes} as RFC 8949 Appendix A has it`, () => {
      assert.deepStrictEqual(decodeCbor(hex(bytes)), value)
    })
  }

  it('tells how many bytes the first item took', () => {
    assert.deepEqual(decodeFirstCbor(hex('8201 02 ffff')), { value: [1, 2], byteLength: 3 })
  })
  it('refuses what follows the one item', () => refuses('00 00', /something follows/))
  it('refuses nothing at all', () => refuses('', /cut short/))
  it('refuses a number in more bytes than it needs', () => {
    for (const bytes of ['1800', '1817', '190017', '1900ff', '1a0000ffff', '1b00000000ffffffff']) {
      refuses(bytes, /shortest form/)
    }
  })
  it('refuses a length in more bytes than it needs', () => refuses('5801 00', /shortest form/))
  it('refuses indefinite lengths', () => {
    for (const bytes of ['5f42010243030405ff', '7f61616162ff', '9fff', 'bfff']) {
      refuses(bytes, /indefinite/)
    }
  })
  it('refuses reserved lengths', () => {
    for (const bytes of ['1c', '1d', '1e', 'fc']) refuses(bytes, /reserved|not read/)
  })
  it('refuses tags', () => refuses('c11a514b67b0', /tag/))
  it('refuses undefined and unassigned simple values', () => {
    for (const bytes of ['f7', 'f0', 'f818', 'f8ff', 'ff']) refuses(bytes, /simple value/)
  })
  it('refuses a key that is there twice', () => refuses('a2616101616102', /twice/))
  it('refuses keys that are neither integers nor text', () => {
    for (const key of ['4101', '80', 'a0', 'f5', 'f6', 'f93c00']) refuses(`a1${key}00`, /a key/)
  })
  it('knows a key 1 from a key "1"', () => {
    assert.deepStrictEqual(decodeCbor(hex('a2 0100 613101')), map([1, 0], ['1', 1]))
  })
  it('refuses text that is not UTF-8', () => {
    for (const bytes of ['61ff', '62c328', '63eda080', '64f4908080']) refuses(bytes, /UTF-8/)
  })
  it('refuses a byte string that is cut short', () => refuses('4401', /longer than/))
  it('refuses a length of terabytes before anything is set aside for it', () => {
    for (const major of ['5b', '7b', '9b', 'bb']) refuses(`${major}7fffffffffffffff`, /longer than/)
  })
  it('refuses what nests too deep, with a fault of its own', () => {
    assert.deepEqual(decodeCbor(hex('81818181818181 00')), [[[[[[[0]]]]]]])
    refuses('8181818181818181 00', /too deep/, 'depth')
    refuses(Buffer.alloc(4_096, 0x81), /too deep/, 'depth')
  })
  it('refuses too many items', () => {
    refuses(Buffer.concat([hex('990400'), Buffer.alloc(1_024)]), /too many/)
  })

  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const { value: anyValue } = fc.letrec<{ value: Parameters<typeof writeCbor>[0] }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true, maxDepth: 5 },
      fc.integer({ min: -0xffff_ffff, max: 0xffff_ffff }),
      text,
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.array(tie('value'), { maxLength: 5 }),
      fc
        .array(fc.tuple(fc.oneof(text, fc.integer({ min: -300, max: 300 })), tie('value')), {
          maxLength: 5,
        })
        .map((entries) => new Map(entries)),
    ),
  }))

  it('reads back whatever another writer wrote, and how long it is', () => {
    fc.assert(
      fc.property(anyValue, fc.uint8Array({ maxLength: 8 }), (value, rest) => {
        const written = writeCbor(value)
        assert.deepStrictEqual(decodeCbor(written), value)
        const first = decodeFirstCbor(Buffer.concat([written, rest]))
        assert.equal(first.byteLength, written.length)
        assert.deepStrictEqual(first.value, value)
      }),
    )
  })

  it('throws nothing but CborError, whatever the bytes', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(anyValue, fc.nat(), fc.nat(255))
        .map(([value, at, byte]) => writeCbor(value).with(at % writeCbor(value).length, byte)),
    )
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          const { value, byteLength } = decodeFirstCbor(bytes)
          assert.notEqual(value, undefined)
          assert.ok(byteLength > 0 && byteLength <= bytes.length)
        } catch (error) {
          assert.ok(error instanceof CborError, String(error))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('has one encoding for each value: what was read is written as it was', () => {
    const isWritable = (value: CborValue): boolean =>
      (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 0xffff_ffff) ||
      typeof value === 'string' ||
      Buffer.isBuffer(value) ||
      (Array.isArray(value) && value.every(isWritable))
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (bytes) => {
        // No floating-point number: one of them may equal an integer.
        fc.pre(!bytes.some((byte) => byte >= 0xf9 && byte <= 0xfb))
        try {
          const { value, byteLength } = decodeFirstCbor(bytes)
          if (!isWritable(value)) return
          const rewritten = writeCbor(value as Parameters<typeof writeCbor>[0])
          assert.deepEqual(rewritten, Buffer.from(bytes.subarray(0, byteLength)))
        } catch (error) {
          if (!(error instanceof CborError)) throw error
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
