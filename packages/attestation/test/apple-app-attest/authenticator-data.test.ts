import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CborValue, writeCbor } from '@sallyport/virtual-device'
import fc from 'fast-check'
import {
  bundleVersionOf,
  validationCategoryOf,
  validationCategoryText,
} from '../../src/apple-app-attest/appended-claims.ts'
import {
  readAssertionData,
  readAttestationData,
} from '../../src/apple-app-attest/authenticator-data.ts'
import { CborError } from '../../src/cbor/cbor-error.ts'
import { coseKey, newKey, pointOf, production, sha256 } from './forged-attestation.ts'

const head = (flags: number, counter: number) => {
  const rest = Buffer.alloc(5)
  rest.writeUInt8(flags)
  rest.writeUInt32BE(counter, 1)
  return Buffer.concat([sha256('app'), rest])
}
const appended = (entries: Readonly<Record<string, CborValue>>) =>
  writeCbor(new Map(Object.entries(entries)))

/** 62 bytes, as iOS 27 writes them. */
const ofIos27 = appended({
  apple_bundle_version_01: '1',
  apple_validation_category_01: Buffer.from('03000000', 'hex'),
})

describe('authenticator data of assertions', () => {
  it('are 37 bytes', () => {
    const data = readAssertionData(head(0x40, 7))
    assert.equal(data.counter, 7)
    assert.equal(data.flags, 0x40)
    assert.deepEqual(data.rpIdHash, sha256('app'))
    assert.equal(data.appended, undefined)
    assert.equal(data.trailingBytes, 0)
  })

  it('have the map of iOS 27 whatever their flags say of it', () => {
    assert.equal(ofIos27.length, 62)
    for (const flags of [0x00, 0x40, 0x80, 0xc0]) {
      const data = readAssertionData(Buffer.concat([head(flags, 1), ofIos27]))
      assert.equal(validationCategoryOf(data.appended), 3)
      assert.equal(bundleVersionOf(data.appended), '1')
      assert.equal(data.trailingBytes, 0)
    }
  })

  it('may announce a map that is not there', () => {
    assert.equal(readAssertionData(head(0xc0, 1)).trailingBytes, 0)
  })

  it('keep unknown members of the map', () => {
    const data = readAssertionData(
      Buffer.concat([head(0x40, 1), appended({ apple_next_thing_01: [1, 'two'] })]),
    )
    assert.deepEqual(data.appended?.get('apple_next_thing_01'), [1, 'two'])
    assert.equal(validationCategoryOf(data.appended), undefined)
    assert.equal(bundleVersionOf(data.appended), undefined)
  })

  it('count what is no map, or follows it', () => {
    for (const [rest, count] of [
      [Buffer.from([0]), 1],
      [Buffer.alloc(62, 0x40), 62],
      [Buffer.concat([ofIos27, Buffer.from([0xa0])]), 1],
      [Buffer.concat([ofIos27, ofIos27]), 62],
    ] as const) {
      assert.equal(readAssertionData(Buffer.concat([head(0x40, 1), rest])).trailingBytes, count)
    }
  })

  it('are refused where they are cut short, in the head or the map', () => {
    const whole = Buffer.concat([head(0x40, 1), ofIos27])
    for (const length of [0, 36, 38, 60, 98]) {
      assert.throws(() => readAssertionData(whole.subarray(0, length)), CborError)
    }
  })

  it('throw nothing but CborError, whatever they are', () => {
    const hostile = fc
      .tuple(fc.uint8Array({ maxLength: 60 }), fc.boolean())
      .map(([bytes, isHeaded]) =>
        isHeaded ? Buffer.concat([head(0x40, 1), bytes]) : Buffer.from(bytes),
      )
    fc.assert(
      fc.property(hostile, (bytes) => {
        for (const read of [readAssertionData, readAttestationData]) {
          try {
            read(bytes)
          } catch (error) {
            assert.ok(error instanceof CborError, String(error))
          }
        }
      }),
    )
  })
})

describe('authenticator data of attestations', () => {
  const point = pointOf(newKey())
  const whole = Buffer.concat([
    head(0x40, 0),
    production,
    Buffer.from([0, 32]),
    sha256(point),
    writeCbor(coseKey(point)),
  ])

  it('are 164 bytes, and 226 of iOS 27', () => {
    assert.equal(whole.length, 164)
    const data = readAttestationData(whole)
    assert.deepEqual(data.aaguid, production)
    assert.deepEqual(data.credentialId, sha256(point))
    assert.deepEqual(data.point, point)
    const newer = Buffer.concat([whole, ofIos27])
    assert.equal(newer.length, 226)
    assert.equal(validationCategoryOf(readAttestationData(newer).appended), 3)
    assert.equal(readAttestationData(newer).trailingBytes, 0)
  })

  it('are refused where they are cut short', () => {
    for (const length of [36, 52, 54, 86, 90, 163]) {
      assert.throws(() => readAttestationData(whole.subarray(0, length)), CborError)
    }
  })
})

describe('the validation category', () => {
  const of = (value: CborValue) =>
    validationCategoryOf(new Map([['apple_validation_category_01', value]]) as never)

  it('is four bytes, little-endian, or a number', () => {
    assert.equal(of(Buffer.from('04000000', 'hex')), 4)
    assert.equal(of(Buffer.from('ffffffff', 'hex')), 0xffff_ffff)
    assert.equal(of(2), 2)
  })

  it('is not told by anything else', () => {
    for (const value of [Buffer.alloc(3), Buffer.alloc(5), '4', -1, []]) {
      assert.equal(of(value), undefined)
    }
  })

  it('is told to a person by name, where it has one', () => {
    assert.equal(validationCategoryText(4), '4 (App Store)')
    assert.equal(validationCategoryText(99), '99')
  })
})
