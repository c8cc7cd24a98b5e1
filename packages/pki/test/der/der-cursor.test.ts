import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readDer } from '../../src/der/der-cursor.ts'
import { DerError } from '../../src/der/der-error.ts'
import { derElement, derOctetString, derSequence } from '../../src/der/der-writer.ts'
import { contextConstructed, contextPrimitive, tags } from '../../src/der/tag.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const refuses = (bytes: string, reason: RegExp) =>
  assert.throws(
    () => readDer(hex(bytes)).next(),
    (error) => error instanceof DerError && reason.test(error.message),
  )

describe('reading DER', () => {
  it('reads elements one after another and knows its end', () => {
    const cursor = readDer(hex('0201 05 0500'))
    assert.deepEqual(cursor.next(tags.integer).content, hex('05'))
    assert.equal(cursor.isDone, false)
    assert.deepEqual(cursor.next(tags.null).whole, hex('0500'))
    assert.equal(cursor.isDone, true)
    cursor.end()
  })

  it('refuses an indefinite length', () => refuses('3080 0500 0000', /indefinite/))
  it('refuses a long length of less than 128', () =>
    refuses(`0481 7f${'00'.repeat(127)}`, /length not/))
  it('refuses a length with a leading zero', () =>
    refuses(`048200 80${'00'.repeat(128)}`, /length not/))
  it('refuses a length of five bytes', () => refuses('0485 0100000000', /more than four/))
  it('refuses a content that is cut short', () => refuses('0405 00', /longer than/))
  it('refuses a header that is cut short', () => refuses('0482 01', /cut short/))
  it('refuses a low tag number in the long form', () => refuses('9f1e 00', /tag not/))
  it('refuses a tag number with a leading zero', () => refuses('9f8080 00', /tag not/))
  it('refuses a tag number of four bytes', () => refuses('9f81808080 00', /too large/))
  it('refuses an element that reaches beyond the one it is in', () => {
    const inner = readDer(hex('3003 0402 0000 00')).enter()
    assert.throws(() => inner.next(), DerError)
  })

  it('reads the tag numbers of Android key attestation, which are over 30', () => {
    // [704] EXPLICIT
    const cursor = readDer(hex('bf8540 02 0500'))
    assert.equal(cursor.peek(), contextConstructed(704))
    assert.deepEqual(cursor.enter('rootOfTrust', contextConstructed(704)).next().whole, hex('0500'))
  })

  it('says what was expected, what was found and where', () => {
    const inside = readDer(derSequence(derOctetString(hex('00')))).enter()
    assert.throws(
      () => inside.next(tags.integer, 'serialNumber'),
      /^DerError: serialNumber: expected integer, found octetString at byte 2$/,
    )
  })

  it('refuses to enter something primitive', () => {
    assert.throws(() => readDer(hex('0400')).next().enter(), /constructed/)
  })

  it('refuses to go deeper than it was told', () => {
    let nested: Buffer = derSequence()
    for (let level = 0; level < 20; level++) nested = derSequence(nested)
    let cursor = readDer(nested, { maxDepth: 5 })
    assert.throws(() => {
      for (;;) cursor = cursor.enter()
    }, /nested too deep/)
  })

  it('reads back every element that the writer writes', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 20),
        fc.boolean(),
        fc.uint8Array({ maxLength: 70_000, size: 'max' }),
        (number, isConstructed, content) => {
          const tag = isConstructed ? contextConstructed(number) : contextPrimitive(number)
          const written = derElement(tag, content)
          const cursor = readDer(written)
          const element = cursor.next(tag)
          cursor.end()
          assert.deepEqual(element.whole, written)
          assert.ok(element.content.equals(content))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('walks any bytes to their end or throws DerError', () => {
    const walk = (cursor: ReturnType<typeof readDer>): void => {
      while (!cursor.isDone) {
        const element = cursor.next()
        if ((element.tag & 1) === 1) walk(element.enter())
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          walk(readDer(bytes))
        } catch (error) {
          assert.ok(error instanceof DerError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
