import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DerError, derElement, type Tag, tags } from '../../src/der/index.ts'
import fc from 'fast-check'
import { berToDer } from '../../src/cms/ber-to-der.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const becomes = (ber: string, der: string) => assert.deepEqual(berToDer(hex(ber)), hex(der))
const refuses = (bytes: string | Buffer, reason: RegExp) =>
  assert.throws(
    () => berToDer(typeof bytes === 'string' ? hex(bytes) : bytes),
    (error) => error instanceof DerError && reason.test(error.message),
  )

describe('BER as DER', () => {
  it('leaves DER as it is', () => becomes('3006 020105 0401ff', '3006 020105 0401ff'))
  it('ends indefinite lengths', () => becomes('3080 020105 0000', '3003 020105'))
  it('ends indefinite lengths inside each other', () =>
    becomes('3080 a080 3080 0000 0000 0500 0000', '3006 a002 3000 0500'))
  it('shortens lengths', () => becomes('3082 0006 02 8300 0001 05', '3003 020105'))
  it('puts the pieces of an OCTET STRING together', () =>
    becomes('2480 040101 040102 0000', '04020102'))
  it('puts pieces of pieces together', () =>
    becomes('2480 2406 040101 040102 0400 040103 0000', '0403010203'))
  it('reads a piece whose content looks like the end', () =>
    becomes('2480 0402 0000 0000', '0402 0000'))
  it('keeps tag numbers over 30', () => becomes('bf8540 80 0500 0000', 'bf8540 02 0500'))
  it('keeps what is inside a tag of its context', () =>
    becomes('a080 040101 040102 0000', 'a006 040101 040102'))

  it('refuses a length that does not end', () => refuses('3080 020105', /cut short/))
  it('refuses an end where nothing began', () => refuses('3002 0000', /nothing ends/))
  it('refuses an indefinite length of something primitive', () =>
    refuses('0480 01 0000', /primitive/))
  it('refuses what reaches beyond what it is in', () => refuses('3003 040201 01', /longer than/))
  it('refuses an indefinite length that reaches beyond what it is in', () =>
    refuses('3004 3080 0500 0000', /cut short|nothing ends/))
  it('refuses pieces that are none', () => refuses('2480 020101 0000', /pieces that are none/))
  it('refuses other strings in pieces', () => {
    refuses('2380 030200ff 0000', /put together nowhere/)
    refuses('2c80 0c0161 0000', /put together nowhere/)
  })
  it('refuses a length of five bytes', () => refuses('0485 0000000001 00', /four bytes/))
  it('refuses what follows', () => refuses('0500 00', /follows/))
  it('refuses nothing at all', () => refuses('', /cut short/))
  it('refuses what nests too deep', () => {
    const nested = (depth: number) =>
      Buffer.concat([Buffer.from('3080'.repeat(depth), 'hex'), Buffer.alloc(depth * 2)])
    assert.equal(berToDer(nested(16)).length, 32)
    refuses(nested(17), /too deep/)
    refuses(Buffer.from('2480'.repeat(8_000), 'hex'), /too deep/)
  })

  /** A tree of elements, written as DER and as one of the many forms of BER. */
  type Tree = { readonly der: Buffer; readonly ber: Buffer }
  const length = (count: number, width: number): Buffer => {
    if (width === 0) return count < 128 ? Buffer.from([count]) : length(count, 2)
    const octets = Buffer.alloc(4)
    octets.writeUInt32BE(count)
    return Buffer.concat([Buffer.from([0x80 + width]), octets.subarray(4 - width)])
  }
  const form = fc.constantFrom<0 | 2 | 3 | 4 | 'indefinite'>(0, 2, 3, 4, 'indefinite')
  const constructed = (tag: Tag, inside: readonly Tree[], how: 0 | 2 | 3 | 4 | 'indefinite') => {
    const identifier = derElement(tag).subarray(0, -1)
    const content = Buffer.concat(inside.map(({ ber }) => ber))
    return {
      der: derElement(tag, ...inside.map(({ der }) => der)),
      ber:
        how === 'indefinite'
          ? Buffer.concat([identifier, Buffer.from([0x80]), content, Buffer.alloc(2)])
          : Buffer.concat([identifier, length(content.length, how), content]),
    }
  }
  const bytes = fc.uint8Array({ maxLength: 200 }).map((octets) => Buffer.from(octets))
  const { tree } = fc.letrec<{ tree: Tree; string: { content: Buffer; ber: Buffer } }>((tie) => ({
    string: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      fc.tuple(bytes, fc.constantFrom(0, 2, 3)).map(([content, width]) => ({
        content,
        ber: Buffer.concat([Buffer.from([4]), length(content.length, width), content]),
      })),
      fc.tuple(fc.array(tie('string'), { maxLength: 3 }), form).map(([pieces, how]) => ({
        content: Buffer.concat(pieces.map(({ content }) => content)),
        ber: constructed(
          tags.octetString + 1,
          pieces.map(({ ber }) => ({ der: ber, ber })),
          how,
        ).ber,
      })),
    ),
    tree: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      tie('string').map(({ content, ber }) => ({
        der: derElement(tags.octetString, content),
        ber,
      })),
      bytes.map((content) => {
        const der = derElement(tags.integer, content)
        return { der, ber: der }
      }),
      fc
        .tuple(
          fc.constantFrom<Tag>(tags.sequence, tags.set, 5, 3 * 8 + 5, 704 * 8 + 5),
          fc.array(tie('tree'), { maxLength: 4 }),
          form,
        )
        .map(([tag, inside, how]) => constructed(tag, inside, how)),
    ),
  }))

  it('makes of every form of BER the one of DER', () => {
    fc.assert(
      fc.property(tree, ({ der, ber }) => {
        assert.deepEqual(berToDer(ber), der)
        assert.deepEqual(berToDer(der), der)
      }),
      { numRuns: 500 },
    )
  })

  it('throws nothing but DerError, whatever the bytes, and what it makes is DER', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .tuple(tree, fc.nat(), fc.nat(255))
        .map(([{ ber }, at, byte]) => ber.with(at % ber.length, byte)),
    )
    fc.assert(
      fc.property(hostile, (octets) => {
        try {
          const der = berToDer(octets)
          assert.deepEqual(berToDer(der), der)
        } catch (error) {
          assert.ok(error instanceof DerError, String(error))
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
