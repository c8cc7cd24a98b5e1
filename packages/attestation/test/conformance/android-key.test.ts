import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCertificate } from '@sallyport/pki'
import {
  type AndroidKeyPolicy,
  appraiseAndroidKey,
  type AttestationResult,
  builtInRoots,
  trustAnchor,
} from '../../src/index.ts'
import {
  chainFiles,
  chainOf,
  checkOf,
  expectedOf,
  fittingTime,
  refusalsOf,
} from '../android-key/android-fixture.ts'

const fileCount = 25
const describedCount = 21
/** Years after every remotely provisioned chain of the set was over. */
const today = Date.parse('2026-11-22T00:00:00Z')
const trust = { anchors: builtInRoots.google, statusList: undefined }

const appraise = (file: string, policy: AndroidKeyPolicy = {}, at = fittingTime(file)) =>
  appraiseAndroidKey({ chain: chainOf(file), at, trust, policy })

const groupOf = (...prefixes: string[]) =>
  chainFiles.filter((file) => prefixes.some((prefix) => file.startsWith(prefix)))
/** akita is remotely provisioned too: its certificates say so, and lived for four weeks of 2024. */
const factory = groupOf('blueline', 'sony')
const remote = groupOf('akita', 'caiman', 'tegu')

describe('chains of Google’s test data', () => {
  let appraised = 0
  let described = 0

  for (const file of chainFiles) {
    const expected = expectedOf(file)
    const what = expected === undefined ? 'is read' : 'parses to exactly the values beside it'
    it(`${file} ${what}`, () => {
      const { claims } = appraise(file)
      appraised++
      assert.ok(Array.isArray(claims['certificates']))
      if (expected === undefined) return
      described++
      assertDescription(claims['keyDescription'], expected)
    })
  }

  it('are all of them', (t) => {
    t.diagnostic(`${appraised} files, ${described} of them with the values to parse`)
    assert.equal(appraised, fileCount)
    assert.equal(described, describedCount)
  })
})

describe('phones with a key from their factory', () => {
  for (const file of factory) {
    it(`${file} is accepted, also when its certificates are over`, () => {
      assertAccepted(appraise(file), file, 'factory')
      assertAccepted(appraise(file, {}, today), file, 'factory')
    })
  }
})

describe('phones that are provisioned remotely', () => {
  for (const file of remote) {
    it(`${file} is accepted while its certificates are valid, and refused later`, () => {
      assertAccepted(appraise(file), file, 'remote')
      const late = appraise(file, {}, today)
      assert.deepEqual(refusalsOf(late), ['attestation_certificate_expired'])
      assert.equal(late.assurance, 'unattested')
    })
  }
})

describe('genuine chains', () => {
  for (const file of [...factory, ...remote]) {
    it(`${file} is accepted without its root too`, () => {
      const chain = chainOf(file).slice(0, -1)
      const result = appraiseAndroidKey({ chain, at: fittingTime(file), trust, policy: {} })
      assert.deepEqual(refusalsOf(result), [])
    })
    it(`${file} is refused with one bit flipped in any of its signatures`, () => {
      const chain = chainOf(file)
      for (const position of chain.keys()) {
        const flipped = chain.map((der, index) => (index === position ? withFlippedBit(der) : der))
        const at = fittingTime(file)
        const result = appraiseAndroidKey({ chain: flipped, at, trust, policy: {} })
        assert.deepEqual(refusalsOf(result), ['attestation_signature_invalid'])
        assert.match(checkOf(result, 'signatures').found, new RegExp(`certificate ${position} `))
      }
    })
  }
})

describe('kinds of keys', () => {
  for (const file of [...factory, ...remote].filter((name) => name.includes('_RSA_'))) {
    it(`${file} is refused where policy takes no RSA keys`, () => {
      const result = appraise(file, { keyKinds: ['ec-p256'] })
      assert.deepEqual(refusalsOf(result), ['android_key_kind_refused'])
    })
  }

  for (const file of groupOf('tokay')) {
    it(`${file} is refused unless policy takes ML-DSA keys`, () => {
      assert.deepEqual(refusalsOf(appraise(file)), ['android_key_kind_refused'])
      const allowed = appraise(file, { keyKinds: ['ml-dsa-65'] })
      assert.deepEqual(refusalsOf(allowed), [])
      assert.equal(allowed.assurance, 'tee')
    })
  }
})

describe('chains that prove nothing', () => {
  for (const file of groupOf('marlin', 'allow_while_on_body', 'p256_sha384')) {
    it(`${file} ends at no root that is configured`, () => {
      const result = appraise(file)
      assert.equal(result.assurance, 'unattested')
      assert.equal(checkOf(result, 'root').code, 'attestation_root_untrusted')
    })
  }

  it('a SHA-384 signature by a P-256 key is verified as such', () => {
    const file = 'p256_sha384_intermediate.pem'
    const chain = chainOf(file)
    const anchors = chain.slice(-1).map((der) => trustAnchor(parseCertificate(der)))
    const options = { chain, at: fittingTime(file), policy: {} }
    const result = appraiseAndroidKey({ ...options, trust: { ...trust, anchors } })
    assert.equal(checkOf(result, 'signatures').outcome, 'passed')
    const untrusted = checkOf(appraise(file), 'signatures')
    assert.deepEqual([untrusted.outcome, untrusted.found], ['unchecked', 'not reached'])
  })

  it('a BOOLEAN that is neither 00 nor FF is malformed, whoever signed it', () => {
    const result = appraise('invalid/malformed_rot_device_locked.pem')
    assert.deepEqual(refusalsOf(result), ['attestation_malformed'])
    assert.match(checkOf(result, 'wellFormed').found, /^deviceLocked: a BOOLEAN/)
    assert.equal(checkOf(result, 'root').outcome, 'passed')
    assert.equal(checkOf(result, 'signatures').outcome, 'passed')
    assert.equal(result.assurance, 'unattested')
  })

  it('tags out of order are read; the leaf that has them was altered', () => {
    const result = appraise('invalid/tags_not_in_ascending_order.pem')
    assert.deepEqual(refusalsOf(result), ['attestation_signature_invalid'])
    assert.match(checkOf(result, 'signatures').found, /certificate 0/)
    const { hardwareEnforced, softwareEnforced } = result.claims['keyDescription'] as {
      hardwareEnforced: { areTagsOrdered: boolean }
      softwareEnforced: { areTagsOrdered: boolean }
    }
    const areOrdered = [softwareEnforced.areTagsOrdered, hardwareEnforced.areTagsOrdered]
    assert.ok(areOrdered.includes(false))
  })
})

/** The last byte of a certificate is the last of its signature. */
function withFlippedBit(der: Buffer): Buffer {
  const copy = Buffer.from(der)
  copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1)
  return copy
}

function assertAccepted(result: AttestationResult, file: string, provisioning: string): void {
  assert.deepEqual(refusalsOf(result), [])
  assert.equal(result.accepted, true)
  assert.equal(result.assurance, file.includes('/SB_') ? 'strongbox' : 'tee')
  assert.equal(result.facts.provisioning, provisioning)
  assert.equal(result.development, false)
}

type Json = string | boolean | Json[] | { [name: string]: Json }

/** What we claim beyond the JSON of Google: nothing may be among it that the JSON leaves out. */
function assertDescription(claims: unknown, expected: unknown): void {
  const withoutOwn = structuredClone(claims) as Record<string, Record<string, unknown>>
  const wanted = translate(expected as Json, '') as Record<string, Record<string, unknown>>
  for (const list of ['softwareEnforced', 'hardwareEnforced']) {
    assert.deepEqual(withoutOwn[list]?.['unknownTags'], [])
    delete withoutOwn[list]?.['unknownTags']
    // Where the JSON does not say it, the tags ascend.
    wanted[list] = { areTagsOrdered: true, ...wanted[list] }
  }
  assert.deepEqual(withoutOwn, wanted)
}

/** Members whose values are words or text; others are numbers in digits or bytes in base64. */
const words = new Set(['origin', 'verifiedBootState', 'name'])
const bytes = new Set([
  'attestationChallenge',
  'uniqueId',
  'verifiedBootKey',
  'verifiedBootHash',
  'signatures',
  'moduleHash',
])

function translate(value: Json, name: string): unknown {
  if (typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map((member) => translate(member, name))
  if (typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([member, inner]) => [member, translate(inner, member)]),
    )
  }
  if (bytes.has(name)) return Buffer.from(value, 'base64').toString('hex')
  const isText = words.has(name) || name.startsWith('attestationId') || name.endsWith('Level')
  return isText && !name.endsWith('PatchLevel') ? value : Number(value)
}
