import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  derBoolean,
  derContext,
  DerError,
  derElement,
  derInteger,
  derNull,
  derOctetString,
  derSequence,
  derSetOf,
  parseCertificate,
  tags,
} from '@sallyport/pki'
import fc from 'fast-check'
import { keyDescriptionOid } from '../../src/android-key/key-description.ts'
import { readKeyDescription } from '../../src/index.ts'
import { chainFiles, chainOf } from './android-fixture.ts'

const enumerated = (value: number) => derElement(tags.enumerated, Buffer.from([value]))
const integers = (...values: number[]) => derSetOf(...values.map((value) => derInteger(value)))
const text = (value: string) => derOctetString(Buffer.from(value, 'utf8'))

const rootOfTrust = (changes: { locked?: Buffer; state?: number; hash?: Buffer[] } = {}) =>
  derSequence(
    derOctetString(Buffer.alloc(32, 1)),
    changes.locked ?? derBoolean(true),
    enumerated(changes.state ?? 0),
    ...(changes.hash ?? [derOctetString(Buffer.alloc(32, 2))]),
  )

const applicationId = (...packages: Buffer[]) =>
  derOctetString(derSequence(derSetOf(...packages), derSetOf(derOctetString(Buffer.alloc(32, 3)))))
const packageInfo = (name: string, version: number) => derSequence(text(name), derInteger(version))

/** A KeyDescription whose lists have these members, in this order. */
const described = (hardware: readonly Buffer[], software: readonly Buffer[] = []) =>
  derSequence(
    derInteger(400),
    enumerated(1),
    derInteger(400),
    enumerated(2),
    text('challenge'),
    text(''),
    derSequence(...software),
    derSequence(...hardware),
  )
const read = (...hardware: Buffer[]) => readKeyDescription(described(hardware)).hardwareEnforced
const refuses = (pattern: RegExp, ...hardware: Buffer[]) =>
  assert.throws(
    () => read(...hardware),
    (error) => error instanceof DerError && pattern.test(error.message),
  )

describe('a KeyDescription', () => {
  it('is read with every member that is published', () => {
    const list = read(
      derContext(1, integers(2, 3)),
      derContext(2, derInteger(1)),
      derContext(3, derInteger(2_048)),
      derContext(4, integers(1, 2)),
      derContext(5, integers(4)),
      derContext(6, integers(3)),
      derContext(7, derNull()),
      derContext(8, derInteger(128)),
      derContext(10, derInteger(1)),
      derContext(11, derInteger(2)),
      derContext(200, derInteger(65_537)),
      derContext(203, integers(4, 5)),
      derContext(303, derNull()),
      derContext(305, derNull()),
      derContext(400, derInteger(1_000)),
      derContext(401, derInteger(2_000)),
      derContext(402, derInteger(3_000)),
      derContext(405, derInteger(10)),
      derContext(502, derInteger(Buffer.alloc(8, 0xff))),
      derContext(503, derNull()),
      derContext(504, derInteger(2)),
      derContext(505, derInteger(60)),
      derContext(506, derNull()),
      derContext(507, derNull()),
      derContext(508, derNull()),
      derContext(509, derNull()),
      derContext(600, derNull()),
      derContext(601, text('app')),
      derContext(701, derInteger(1_700_000_000_000)),
      derContext(702, derInteger(4)),
      derContext(703, derNull()),
      derContext(704, rootOfTrust()),
      derContext(705, derInteger(160_000)),
      derContext(706, derInteger(202_611)),
      derContext(709, applicationId(packageInfo('com.example', 7))),
      derContext(710, text('brand')),
      derContext(711, text('device')),
      derContext(712, text('product')),
      derContext(713, text('serial')),
      derContext(714, text('imei')),
      derContext(715, text('meid')),
      derContext(716, text('manufacturer')),
      derContext(717, text('model')),
      derContext(718, derInteger(20_261_105)),
      derContext(719, derInteger(20_261_105)),
      derContext(720, derNull()),
      derContext(723, text('second imei')),
      derContext(724, derOctetString(Buffer.alloc(32, 9))),
    )
    assert.deepEqual(list, {
      purposes: [2, 3],
      algorithms: 1,
      keySize: 2_048,
      blockModes: [1, 2],
      digests: [4],
      paddings: [3],
      callerNonce: true,
      minMacLength: 128,
      ecCurve: 1,
      mlDsaVariant: 2,
      rsaPublicExponent: 65_537n,
      rsaOaepMgfDigests: [4, 5],
      rollbackResistance: true,
      earlyBootOnly: true,
      activeDateTime: 1_000n,
      originationExpireDateTime: 2_000n,
      usageExpireDateTime: 3_000n,
      usageCountLimit: 10,
      userSecureId: 0xffff_ffff_ffff_ffffn,
      noAuthRequired: true,
      userAuthType: 2,
      authTimeout: 60,
      allowWhileOnBody: true,
      trustedUserPresenceRequired: true,
      trustedConfirmationRequired: true,
      unlockedDeviceRequired: true,
      allApplications: true,
      applicationId: Buffer.from('app'),
      creationDateTime: 1_700_000_000_000n,
      origin: 'SECURELY_IMPORTED',
      rollbackResistant: true,
      rootOfTrust: {
        verifiedBootKey: Buffer.alloc(32, 1),
        deviceLocked: true,
        verifiedBootState: 'VERIFIED',
        verifiedBootHash: Buffer.alloc(32, 2),
      },
      osVersion: 160_000,
      osPatchLevel: 202_611,
      attestationApplicationId: {
        packages: [{ name: 'com.example', version: 7n }],
        signatures: [Buffer.alloc(32, 3)],
      },
      attestationIdBrand: 'brand',
      attestationIdDevice: 'device',
      attestationIdProduct: 'product',
      attestationIdSerial: 'serial',
      attestationIdImei: 'imei',
      attestationIdMeid: 'meid',
      attestationIdManufacturer: 'manufacturer',
      attestationIdModel: 'model',
      vendorPatchLevel: 20_261_105,
      bootPatchLevel: 20_261_105,
      deviceUniqueAttestation: true,
      attestationIdSecondImei: 'second imei',
      moduleHash: Buffer.alloc(32, 9),
      areTagsOrdered: true,
      unknownTags: [],
    })
  })

  it('keeps apart what software and hardware enforce', () => {
    const both = readKeyDescription(
      described([derContext(702, derInteger(0))], [derContext(702, derInteger(2))]),
    )
    assert.equal(both.hardwareEnforced.origin, 'GENERATED')
    assert.equal(both.softwareEnforced.origin, 'IMPORTED')
    assert.equal(both.attestationSecurityLevel, 'TRUSTED_ENVIRONMENT')
    assert.equal(both.keyMintSecurityLevel, 'STRONG_BOX')
  })

  it('has tags in any order, and tells so', () => {
    const list = read(derContext(702, derInteger(0)), derContext(1, integers(2)))
    assert.equal(list.areTagsOrdered, false)
    assert.equal(list.origin, 'GENERATED')
    assert.deepEqual(list.purposes, [2])
  })

  it('may have tags of tomorrow, which are listed', () => {
    const list = read(derContext(725, derInteger(5)), derContext(70_000, derNull()))
    assert.deepEqual(list.unknownTags, [
      { tag: 725, value: derInteger(5) },
      { tag: 70_000, value: derNull() },
    ])
  })

  it('has a root of trust without a digest in its first versions', () => {
    const list = read(derContext(704, rootOfTrust({ hash: [] })))
    assert.equal(list.rootOfTrust?.verifiedBootHash, undefined)
  })

  it('lists every package of a shared user id', () => {
    const list = read(derContext(709, applicationId(packageInfo('a', 1), packageInfo('b', 2))))
    const names = list.attestationApplicationId?.packages.map(({ name }) => name)
    assert.deepEqual(names, ['a', 'b'])
  })
})

describe('a KeyDescription is refused', () => {
  it('with a tag twice, known or not', () => {
    refuses(
      /\[702\] is there twice/,
      derContext(702, derInteger(0)),
      derContext(702, derInteger(0)),
    )
    refuses(/\[725\] is there twice/, derContext(725, derNull()), derContext(725, derNull()))
  })
  it('with a BOOLEAN that is neither 00 nor FF', () => {
    const locked = derElement(tags.boolean, Buffer.from([1]))
    refuses(/deviceLocked/, derContext(704, rootOfTrust({ locked })))
  })
  it('with an INTEGER that is longer than it must be', () => {
    const wasteful = derElement(tags.integer, Buffer.from([0, 2]))
    refuses(/keySize: INTEGER not in its shortest form/, derContext(3, wasteful))
    refuses(/purposes: INTEGER not in its shortest form/, derContext(1, derSetOf(wasteful)))
  })
  it('with a number that is negative or too large', () => {
    refuses(/keySize/, derContext(3, derElement(tags.integer, Buffer.from([0x80]))))
    refuses(/keySize/, derContext(3, derInteger(2 ** 32)))
    refuses(/userSecureId/, derContext(502, derInteger(Buffer.alloc(9, 0xff))))
    refuses(/creationDateTime/, derContext(701, derElement(tags.integer, Buffer.from([0xff]))))
  })
  it('with a word that is not published', () => {
    refuses(/origin: 5 is none of/, derContext(702, derInteger(5)))
    refuses(/verifiedBootState: 4 is none of/, derContext(704, rootOfTrust({ state: 4 })))
  })
  it('with a value of another kind, or with two', () => {
    refuses(/keySize: expected/, derContext(3, derNull()))
    refuses(/noAuthRequired: NULL with content/, derContext(503, Buffer.from([5, 1, 0])))
    refuses(/noAuthRequired: expected/, derContext(503, derBoolean(true)))
    refuses(/keySize: something follows/, derContext(3, derInteger(1), derInteger(1)))
    refuses(/purposes: expected set/, derContext(1, derInteger(2)))
    refuses(
      /rootOfTrust: something follows/,
      derContext(704, rootOfTrust({ hash: [text(''), text('')] })),
    )
  })
  it('with a member that has no context tag', () => {
    refuses(/hardwareEnforced: integer is no member/, derInteger(1))
  })
  it('with text that is not UTF-8', () => {
    refuses(/attestationIdModel: not UTF-8/, derContext(717, derOctetString(Buffer.from([0xff]))))
  })
  it('with an application id that is cut or goes on', () => {
    refuses(/attestationApplicationId/, derContext(709, derOctetString(Buffer.from([0x30, 2]))))
    const goesOn = derOctetString(Buffer.concat([derSequence(derSetOf(), derSetOf()), derNull()]))
    refuses(/attestationApplicationId: something follows/, derContext(709, goesOn))
  })
  it('with more or fewer than its eight fields', () => {
    const [whole] = [described([])]
    const inner = whole.subarray(2)
    assert.throws(() => readKeyDescription(derSequence(inner, derNull())), /something follows/)
    assert.throws(() => readKeyDescription(derSequence(inner.subarray(0, -2))), /hardwareEnforced/)
    assert.throws(() => readKeyDescription(Buffer.concat([whole, derNull()])), /something follows/)
  })
  it('nested deeper than anything is', () => {
    let deep = derNull()
    for (let depth = 0; depth < 40; depth++) deep = derSequence(deep)
    assert.doesNotThrow(() => read(derContext(725, deep)), 'what is not known is not entered')
    refuses(/keySize/, derContext(3, deep))
  })
})

describe('any bytes', () => {
  const genuine = chainFiles.flatMap((file) => {
    const [leaf] = chainOf(file)
    if (leaf === undefined) return []
    const extension = parseCertificate(leaf).extensions.get(keyDescriptionOid)
    return extension === undefined ? [] : [extension.value]
  })
  const readsOrRefuses = (bytes: Uint8Array) => {
    try {
      readKeyDescription(bytes)
    } catch (error) {
      assert.ok(error instanceof DerError, String(error))
    }
  }

  it('are read or refused with a DerError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), readsOrRefuses), { numRuns: 2_000 })
  })
  it('of genuine phones with bytes changed are read or refused with a DerError', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
    const changed = fc
      .tuple(fc.constantFrom(...genuine), fc.array(change, { minLength: 1, maxLength: 4 }))
      .map(([bytes, changes]) => {
        const copy = Buffer.from(bytes)
        for (const [at, byte] of changes) copy.writeUInt8(byte, at % copy.length)
        return copy
      })
    fc.assert(fc.property(changed, readsOrRefuses), { numRuns: 5_000 })
  })
})
