import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import {
  type KeyDocument,
  readAuthorityKeys,
  readKeyDocument,
  replaces,
} from '../src/key-document.ts'
import { Refusal } from '../src/refusal.ts'
import { type AuthoritySigner, createAuthoritySigner, documentOf } from './support-authority.ts'
import { createSigner, issuer, type Signer } from './support.ts'

let authority: AuthoritySigner
let signer: Signer
before(async () => {
  authority = await createAuthoritySigner()
  signer = await createSigner()
})

const read = (jws: string) => readKeyDocument(jws, [authority.jwk], Date.now())

test('whatever bytes come, they are read or refused by an error, and nothing of them is believed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.array(fc.base64String(), { maxLength: 4 }).map((parts) => parts.join('.')),
      ),
      async (text) => {
        await assert.rejects(
          read(text),
          (error) => error instanceof Error && !(error instanceof Refusal),
        )
      },
    ),
  )
})

test('a document of which one character was changed is not believed', async () => {
  const jws = await documentOf(authority, { [issuer]: [signer.jwk] })
  await fc.assert(
    fc.asyncProperty(
      fc.nat(jws.length - 1),
      fc.constantFrom('A', 'z', '.', '='),
      async (at, by) => {
        // The last character has bits that say nothing: jose reads what they are as well.
        fc.pre(jws[at] !== by && at < jws.length - 1)
        await assert.rejects(read(`${jws.slice(0, at)}${by}${jws.slice(at + 1)}`))
      },
    ),
  )
})

test('whatever the members of a signed document are, it is believed only where all are what they must be', async () => {
  const names = ['type', 'iss', 'iat', 'exp', 'epoch', 'seq', 'keys', 'authorityKeys'] as const
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.jsonValue({ maxDepth: 2 }),
      async (name, value) => {
        const good = await documentOf(authority, { [issuer]: [signer.jwk] })
        const payload = JSON.parse(Buffer.from(good.split('.')[1] ?? '', 'base64url').toString())
        const jws = await authority.sign({ ...payload, [name]: value }).catch(() => undefined)
        if (jws === undefined) return
        const document = await read(jws).catch((error: unknown) => {
          assert(error instanceof Error)
          return undefined
        })
        if (document === undefined) return
        assert(Number.isSafeInteger(document.seq))
        assert(document.exp > document.iat && document.exp - document.iat <= 86_400)
        assert(document.authorityKeys.length > 0)
        for (const iss of document.keysOf.keys()) assert.match(iss, /^spiffe:\/\/.*\/gateway\//)
      },
    ),
    { numRuns: 60 },
  )
})

test('of a key only the public half is taken over', () => {
  const [key] = readAuthorityKeys([{ ...authority.jwk, d: 'secret', alg: 'none', oth: [] }])
  assert.deepEqual(Object.keys(key ?? {}).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  assert.equal(key?.alg, 'ES256')
})

test('of two documents that differ at most one takes the place of the other', () => {
  const document = fc.record({
    iat: fc.nat(3),
    seq: fc.nat(3),
    epoch: fc.constantFrom('a', 'b'),
  })
  const whole = (part: Pick<KeyDocument, 'iat' | 'seq' | 'epoch'>): KeyDocument => ({
    ...part,
    exp: part.iat + 900,
    keysOf: new Map(),
    authorityKeys: [],
  })
  fc.assert(
    fc.property(document, document, (one, other) => {
      const both = [replaces(whole(one), whole(other)), replaces(whole(other), whole(one))]
      const isSame = one.iat === other.iat && one.seq === other.seq && one.epoch === other.epoch
      assert.equal(both[0] && both[1], isSame)
      // A revocation raises the number: within an epoch nobody goes back behind it.
      if (one.epoch === other.epoch && one.seq < other.seq) assert.deepEqual(both, [false, true])
    }),
  )
})
