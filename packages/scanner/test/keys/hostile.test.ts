import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  derContext,
  derElement,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  tags,
} from '@sallyport/pki'
import fc from 'fast-check'
import { examineBytes } from '../../src/keys/examine-bytes.ts'
import { jwkMarker, readJwk } from '../../src/keys/jwk.ts'
import { unlessFault } from '../../src/keys/key-fault.ts'
import { detectKeys, fixture, ownPassword } from './detect-keys.ts'

const mostRounds = 2 ** 31 - 1

/** An EncryptedPrivateKeyInfo of PBES2 with this key derivation. */
function sealedKey(derivation: Buffer): Buffer {
  const cipher = derSequence(derOid('2.16.840.1.101.3.4.1.42'), derOctetString(Buffer.alloc(16)))
  const algorithm = derSequence(derOid('1.2.840.113549.1.5.13'), derSequence(derivation, cipher))
  return derSequence(algorithm, derOctetString(Buffer.alloc(160)))
}

const pbkdf2 = (rounds: number) =>
  derSequence(
    derOid('1.2.840.113549.1.5.12'),
    derSequence(derOctetString(Buffer.alloc(8)), derInteger(rounds)),
  )
const scrypt = (cost: number) =>
  derSequence(
    derOid('1.3.6.1.4.1.11591.4.11'),
    derSequence(derOctetString(Buffer.alloc(8)), derInteger(cost), derInteger(8), derInteger(1)),
  )

/** A PKCS#12 whose MAC has so many rounds. */
function pkcs12(rounds: number): Buffer {
  const bag = derSequence(
    derOid('1.2.840.113549.1.12.10.1.2'),
    derContext(0, sealedKey(pbkdf2(2_048))),
  )
  const data = (content: Buffer) =>
    derSequence(derOid('1.2.840.113549.1.7.1'), derContext(0, derOctetString(content)))
  const sha1 = derSequence(derOid('1.3.14.3.2.26'), derElement(tags.null))
  const mac = derSequence(
    derSequence(sha1, derOctetString(Buffer.alloc(20))),
    derOctetString(Buffer.alloc(8)),
    derInteger(rounds),
  )
  return derSequence(derInteger(3), data(derSequence(data(derSequence(bag)))), mac)
}

/** A BKS whose sealed key has so many rounds. */
function bks(rounds: number): Buffer {
  const bytes = Buffer.from(fixture('own.bks'))
  const salt = bytes.lastIndexOf(Buffer.from([0, 0, 0, 20]))
  assert.ok(bytes.readUInt32BE(salt + 24) < 5_000)
  bytes.writeUInt32BE(rounds, salt + 24)
  return bytes
}

const costly: Readonly<Record<string, Buffer>> = {
  'PBKDF2 of 2³¹ rounds': sealedKey(pbkdf2(mostRounds)),
  'scrypt of 2³⁰': sealedKey(scrypt(2 ** 30)),
  'a MAC of 2³¹ rounds': pkcs12(mostRounds),
  'BKS of 2³¹ rounds': bks(mostRounds),
}

for (const [what, bytes] of Object.entries(costly)) {
  test(`${what} is locked, told, and computed by nobody`, async () => {
    const startedAt = performance.now()
    const { findings, notChecked } = await detectKeys({ files: { 'assets/a': bytes } })
    assert.ok(performance.now() - startedAt < 1_500)
    assert.ok(findings.some(({ rule }) => rule === 'locked-keystore'))
    assert.equal(notChecked.length, 1)
    assert.match(notChecked[0]?.why ?? '', /locked: .*(?:rounds|scrypt)/)
  })
}

test('what may be computed is, up to a time, and the ledger says how far', async () => {
  const texts = { 'classes.dex': Array.from({ length: 5_000 }, (_, at) => `word${at}`).join('\n') }
  const { findings, notChecked } = await detectKeys({
    files: { a: sealedKey(pbkdf2(100_000)) },
    texts,
    unlock: [300, 300],
  })
  assert.ok(findings.some(({ rule }) => rule === 'locked-keystore'))
  assert.match(notChecked[0]?.why ?? '', /locked: \d+ passwords were tried before time was up/)
})

test('many locked keystores share one time, and one line tells of those that got none', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 50 }, (_, at) => {
      const key = sealedKey(pbkdf2(200_000))
      key.writeUInt8(at, key.length - 1)
      return [`assets/${at}`, key]
    }),
  )
  const startedAt = performance.now()
  const { findings, notChecked } = await detectKeys({
    files,
    unlock: [200, 400],
  })
  assert.ok(performance.now() - startedAt < 3_000)
  assert.equal(findings.length, 50)
  assert.ok(notChecked.length < 20)
  assert.match(notChecked.at(-1)?.why ?? '', /^\d+ locked keys and keystores: no time was left/)
})

function repeated(hex: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, Buffer.from(hex, 'hex'))
}

const megabytes = 1024 ** 2
const floods: Readonly<Record<string, Buffer>> = {
  '100 MB of heads of DER': repeated('3082', 100 * megabytes),
  'heads of certificates in each other': repeated(
    '308210003082100030820100a003020102',
    20 * megabytes,
  ),
  'heads of keys': repeated('30820100020100300d06092a864886f70d010101', 20 * megabytes),
  'heads of locked keys': repeated('30820100304006092a864886f70d01050d', 20 * megabytes),
  'heads of PKCS#12 of indefinite length': repeated(
    '3080020103308006092a864886f70d010701a080',
    20 * megabytes,
  ),
  'heads of CMS of indefinite length': repeated('308006092a864886f70d010702a080', 20 * megabytes),
  'heads of JKS': repeated('feedfeed00000002000000ff00000001', 20 * megabytes),
  'heads of BKS': repeated('0000000200000014', 20 * megabytes),
  zeros: Buffer.alloc(50 * megabytes),
  'beginnings of PEM': Buffer.alloc(20 * megabytes, '-----BEGIN PRIVATE KEY-----\n'),
  'beginnings of PEM and no dashes after': Buffer.alloc(20 * megabytes, '-----BEGIN PRIVATE KEY'),
  'one PEM of backslashes': Buffer.from(`-----BEGIN A-----${'\\'.repeat(megabytes)}`),
  'one PEM of quotes': Buffer.from(`-----BEGIN A-----${'" '.repeat(megabytes)}`),
  'beginnings of JWK': Buffer.alloc(20 * megabytes, '{"kty":"EC","d":'),
  'deep BER': repeated('3080', megabytes),
}

for (const [what, bytes] of Object.entries(floods)) {
  test(`${what}: the time is bounded`, async () => {
    const startedAt = performance.now()
    const { findings } = await detectKeys({
      files: { 'assets/a': bytes },
      texts: { 'assets/a': bytes.subarray(0, 4 * megabytes).toString('latin1') },
    })
    const seconds = (performance.now() - startedAt) / 1_000
    process.stdout.write(`${what}: ${seconds.toFixed(2)} s\n`)
    assert.ok(seconds < 20, `${seconds} s`)
    assert.deepEqual(findings, [])
  })
}

const names = [
  'own-modern.p12', 'own-legacy.p12', 'own-bouncycastle.p12', 'own-nomac.p12', 'own.jks', 'own.jceks', 'own.bks',
  'own.bks1', 'own.uber', 'own.bcfks', 'client-pkcs8.der', 'client-pkcs1.der', 'client-sec1.der', 'own-scrypt.p8',
  'client-certificate.der', 'certificates.p7b',
] // biome-ignore format: a list
const openSsh = ['plain.ssh', 'plain-ec.ssh', 'plain-ed.ssh', 'own.ssh'].map((name) =>
  Buffer.from(
    fixture(name)
      .toString()
      .replaceAll(/-----.*-----|\s/g, ''),
    'base64',
  ),
)
const samples = [...names.map(fixture), ...openSsh]

const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })

test('a container with bytes changed, cut off or put in is read, or is none', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...samples),
      fc.array(change, { maxLength: 4 }),
      fc.option(fc.nat(), { nil: undefined }),
      fc.uint8Array({ maxLength: 40 }),
      (sample, changes, cut, before) => {
        const bytes = Buffer.concat([before, sample])
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte
        const kept = cut === undefined ? bytes : bytes.subarray(0, cut % bytes.length)
        for (const { contents, offset, length } of examineBytes(kept)) {
          assert.ok(offset >= 0 && length > 0 && offset + length <= kept.length)
          for (const seal of contents.sealed) {
            // What is costly is bounded elsewhere; this is about what comes out.
            if (seal.rounds < 20_000) unlessFault(() => seal.open(ownPassword))
          }
        }
      },
    ),
    { numRuns: 3_000 },
  )
})

test('whatever is damaged, findings are made and give nothing away', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...samples),
      fc.array(change, { maxLength: 3 }),
      async (sample, changes) => {
        const bytes = Buffer.from(sample)
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte
        const { findings } = await detectKeys({
          files: { a: bytes },
          passwords: [{ text: ownPassword, weight: 90 }],
          unlock: [50, 50],
        })
        for (const { locations, identity } of findings) {
          assert.equal(locations[0]?.path, 'a')
          assert.match(identity, /^[0-9a-f]{64}/)
        }
        assert.ok(!JSON.stringify(findings).includes(ownPassword))
      },
    ),
    { numRuns: 300 },
  )
})

test('any braces around a kty are a private JWK, or none', () => {
  const part = fc.constantFrom(
    '{',
    '}',
    '"kty":"EC"',
    '\\"kty\\":',
    ',',
    '"d":"AA"',
    '"crv":"P-256"',
    'x',
    '\n',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const text = parts.join('')
      assert.equal(readJwk(text, text.indexOf(jwkMarker)), undefined)
    }),
    { numRuns: 500 },
  )
})
