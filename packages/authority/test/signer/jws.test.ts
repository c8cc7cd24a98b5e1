import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { compactVerify, importJWK } from 'jose'
import { bytesOf } from '../../src/signer/bytes.ts'
import { publicJwkOf } from '../../src/signer/public-jwk.ts'
import type { JwsPurpose } from '../../src/signer/key-names.ts'
import { makeSigner } from '../fixture/signer.ts'

const { signer } = await makeSigner()
const keyOf = (purpose: JwsPurpose) => signer.jwsKey({ purpose, generation: 1 })
const seconds = () => Math.floor(Date.now() / 1_000)
const claims = () => ({
  iss: 'https://tokens.example.com',
  exp: seconds() + 300,
  cnf: { 'x5t#S256': 'thumbprint' },
})

async function read(jws: string, spki: string) {
  const jwk = publicJwkOf(bytesOf(spki))
  const { payload, protectedHeader } = await compactVerify(jws, await importJWK({ ...jwk }))
  assert.equal(protectedHeader.kid, jwk.kid)
  return { payload: Buffer.from(payload).toString(), typ: protectedHeader.typ }
}

const isRefused = (error: unknown) => isProblem(error) && error.code === 'signer_refused'

test('a message of the feed is signed as it is, under a type of its own', async () => {
  const { keyName, spki } = await keyOf('feed')
  const { jws } = await signer.feed({ keyName, payload: '{"epoch":"e","first":1}' })
  const { payload, typ } = await read(jws, spki)
  assert.deepEqual([payload, typ], ['{"epoch":"e","first":1}', 'sallyport-feed+jws'])
})

test('a checkpoint holds the heads, and is of now', async () => {
  const { keyName, spki } = await keyOf('checkpoint')
  const heads = [{ name: 'authority', seq: 3, hash: createHash('sha256').digest('base64url') }]
  const { jws } = await signer.checkpoint({ keyName, at: Date.now(), heads })
  assert.deepEqual(JSON.parse((await read(jws, spki)).payload).heads, heads)
  await assert.rejects(signer.checkpoint({ keyName, at: 1, heads }), isRefused)
})

test('no key signs for another purpose', async () => {
  const token = await keyOf('token')
  const feed = await keyOf('feed')
  await assert.rejects(signer.feed({ keyName: token.keyName, payload: '{}' }), isRefused)
  await assert.rejects(signer.feed({ keyName: 'device-root', payload: '{}' }), isRefused)
  await assert.rejects(signer.token({ keyName: feed.keyName, claims: claims() }), isRefused)
  await assert.rejects(signer.feed({ keyName: feed.keyName, payload: 'text' }), isRefused)
})

test('a token is of a configured issuer, bound, and ends as configured', async () => {
  const { keyName, spki } = await keyOf('token')
  const { jws } = await signer.token({ keyName, claims: claims() })
  assert.equal((await read(jws, spki)).typ, 'at+jwt')
  for (const change of [
    { iss: 'https://login.example.com' },
    { exp: seconds() + 86_400 },
    { exp: undefined },
    { exp: '99999999999' },
    { cnf: undefined },
    { cnf: { jkt: 'key' } },
  ]) {
    await assert.rejects(signer.token({ keyName, claims: { ...claims(), ...change } }), isRefused)
  }
})
