import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { builtInRoots } from '@sallyport/attestation'
import { toPem } from '@sallyport/pki'
import { isProblem, type ReasonCode } from '@sallyport/problem'
import fc from 'fast-check'
import { CompactSign } from 'jose'
import { createSnapshot, maxSnapshotBytes, readSnapshot } from '../../src/trust/snapshot.ts'
import { listOf } from '../fixture/publisher.ts'

const ed25519 = generateKeyPairSync('ed25519')
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const now = Date.now()
const roots = Buffer.from(
  JSON.stringify(
    builtInRoots.google.map(({ certificate }) => toPem('CERTIFICATE', certificate.der)),
  ),
)
const statusList = Buffer.from(listOf('ab', 'cd'))

const has = (code: ReasonCode) => (error: unknown) => isProblem(error) && error.code === code
const isRefused = has('trust_snapshot_refused')

function create(privateKey: KeyObject = ed25519.privateKey, fetchedAt = now): Promise<string> {
  return createSnapshot({ fetchedAt, roots, statusList, privateKey })
}

function read(text: string, publicKey: KeyObject = ed25519.publicKey, at = now) {
  return readSnapshot(Buffer.from(text), { publicKey, now: at })
}

/** Signed by the right key, saying anything. */
function sign(payload: object, header: { alg?: string; typ?: string } = {}): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'sallyport-attestation-snapshot', ...header })
    .sign(ed25519.privateKey)
}

for (const [name, key] of Object.entries({ ed25519, p256 })) {
  test(`what is signed with a key of ${name} is read again`, async () => {
    const snapshot = await read(await create(key.privateKey), key.publicKey)
    assert.deepEqual(snapshot, { fetchedAt: now, roots, statusList })
  })
}

test('what another key signed is not believed', async () => {
  const other = generateKeyPairSync('ed25519')
  await assert.rejects(read(await create(other.privateKey)), isRefused)
  await assert.rejects(read(await create(p256.privateKey)), isRefused)
})

test('keys of other kinds neither sign nor verify', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  await assert.rejects(create(rsa.privateKey), isRefused)
  await assert.rejects(read(await create(), rsa.publicKey), isRefused)
})

test('a token for another purpose, signed by the same key, is no snapshot', async () => {
  const payload = { version: 1, fetchedAt: now, roots: '[]', statusList: '{}' }
  await assert.rejects(read(await sign(payload, { typ: 'JWT' })), isRefused)
  await assert.rejects(read(await sign({ ...payload, version: 2 })), isRefused)
  await assert.rejects(read(await sign({ ...payload, more: true })), isRefused)
  await assert.rejects(read(await sign({ ...payload, fetchedAt: 1.5 })), isRefused)
  assert.equal((await read(await sign(payload))).fetchedAt, now)
})

test('one that says nothing of its algorithm, or that there is none, is not believed', async () => {
  const [, payload = ''] = (await create()).split('.')
  for (const alg of ['none', 'HS256', 'ES256']) {
    const header = Buffer.from(JSON.stringify({ alg, typ: 'sallyport-attestation-snapshot' }))
    await assert.rejects(read(`${header.toString('base64url')}.${payload}.`), isRefused)
  }
})

test('a snapshot of tomorrow is not believed, one of a clock an hour ahead is', async () => {
  const hour = 3_600_000
  await assert.rejects(read(await create(ed25519.privateKey, now + 24 * hour)), isRefused)
  await read(await create(ed25519.privateKey, now + hour))
})

test('what cannot be read is not signed', async () => {
  const { privateKey } = ed25519
  const made = (documents: object) =>
    createSnapshot({ fetchedAt: now, roots, statusList, privateKey, ...documents })
  const html = Buffer.from('<!doctype html>')
  await assert.rejects(made({ statusList: html }), has('status_list_malformed'))
  await assert.rejects(made({ statusList: Buffer.from('{"entries":{}}') }), isRefused)
  await assert.rejects(made({ roots: html }), has('published_roots_malformed'))
})

test('its size is bounded before it is parsed', async () => {
  const { publicKey } = ed25519
  const huge = Buffer.alloc(maxSnapshotBytes + 1, 0x61)
  await assert.rejects(readSnapshot(huge, { publicKey, now }), isRefused)
})

test('whatever else it is, it is refused by its code', async () => {
  const whole = await create()
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), async (at, byte) => {
      const changed = Buffer.from(whole)
      changed.writeUInt8(byte, at)
      if (changed.toString('latin1') === whole) return
      await readSnapshot(changed, { publicKey: ed25519.publicKey, now }).then(
        (snapshot) => assert.deepEqual(snapshot.statusList, statusList),
        (error: unknown) => assert.ok(isRefused(error), String(error)),
      )
    }),
    { numRuns: 200 },
  )
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await assert.rejects(readSnapshot(bytes, { publicKey: ed25519.publicKey, now }), isRefused)
    }),
  )
})
