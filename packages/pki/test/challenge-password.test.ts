import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readChallengePassword } from '../src/challenge-password.ts'
import { derBitString } from '../src/der/der-writer.ts'
import {
  derContext,
  derElement,
  DerError,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derUtf8,
  tags,
} from '../src/der/index.ts'

const attribute = (...values: Buffer[]) =>
  derSequence(derOid('1.2.840.113549.1.9.7'), derSetOf(...values))
const other = derSequence(derOid('1.2.840.113549.1.9.14'), derSetOf(derSequence()))
const requestOf = (...attributes: Buffer[]) =>
  derSequence(
    derSequence(derInteger(0), derSequence(), derSequence(), derContext(0, ...attributes)),
    derSequence(),
    derBitString(Buffer.alloc(1)),
  )
const printable = (text: string) => derElement(tags.printableString, Buffer.from(text, 'latin1'))

describe('the challenge password of a request', () => {
  it('is read among others, in the strings that clients write', () => {
    for (const value of [derUtf8('secret'), printable('secret')]) {
      assert.equal(readChallengePassword(requestOf(other, attribute(value))), 'secret')
    }
    assert.equal(readChallengePassword(requestOf(other)), undefined)
    assert.equal(readChallengePassword(requestOf()), undefined)
  })

  it('is there once, has one value, is a string, and has an end', () => {
    for (const attributes of [
      [attribute(derUtf8('a')), attribute(derUtf8('b'))],
      [attribute(derUtf8('a'), derUtf8('b'))],
      [attribute()],
      [attribute(derOctetString(Buffer.from('a')))],
      [attribute(derUtf8('a'.repeat(4_097)))],
      [attribute(derElement(tags.utf8String, Buffer.from([0xff])))],
      Array.from({ length: 10_000 }, () => other),
    ]) {
      assert.throws(() => readChallengePassword(requestOf(...attributes)), DerError)
    }
  })

  it('is a password, nothing, or a DerError, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(199), (bytes, at) => {
        const whole = requestOf(other, attribute(derUtf8('secret')))
        const bent = Buffer.from(whole)
        bent.set(bytes.subarray(0, 3), at % (whole.length - 3))
        for (const input of [Buffer.from(bytes), bent]) {
          try {
            readChallengePassword(input)
          } catch (error) {
            assert.ok(error instanceof DerError, String(error))
          }
        }
      }),
    )
  })
})
