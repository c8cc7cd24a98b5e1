import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type AssertionKeySet, type FeedKeySet, gatewayPaths } from '@sallyport/wire'
import { decodeJwt, importJWK, jwtVerify } from 'jose'
import { messageOf } from '../fixture/feed-reader.ts'
import { reportOf } from '../fixture/gateway.ts'
import { deployPublishing, type Publishing } from '../published/publishing.ts'

const issuer = 'spiffe://example.com/gateway/gateway-1'
let publishing: Publishing
let ahead = 0
before(async () => {
  publishing = await deployPublishing({ now: () => Date.now() + ahead })
})
after(() => publishing.close())

function newKey() {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  return { x, y }
}

let feedKeys: FeedKeySet | undefined
const epoch = async () =>
  ((await publishing.gatewayCall(gatewayPaths.snapshot)).body?.epoch as string | undefined) ?? ''
const report = async (members: Parameters<typeof reportOf>[0]) => {
  return publishing.gatewayCall(gatewayPaths.reports, {
    body: reportOf({ epoch: await epoch(), ...members }),
  })
}

const fetched = (fields: Record<string, string> = {}, path = '/gateways/assertion-keys') =>
  fetch(`${publishing.url}${path}`, { headers: fields })

async function readFeedKeys(): Promise<FeedKeySet> {
  const { sets } = (await publishing.gatewayCall(gatewayPaths.feedKeys)).body as { sets: string[] }
  return messageOf(sets[0] ?? '') as unknown as FeedKeySet
}

/** Verified with what gateways pin. */
async function published(): Promise<AssertionKeySet> {
  const jws = await (await fetched()).text()
  // A gateway that was revoked is not told any more.
  feedKeys ??= await readFeedKeys()
  const { keys: pinned } = feedKeys
  const { payload } = await jwtVerify(
    jws,
    async ({ kid }) => importJWK(pinned.find((key) => key.kid === kid) ?? {}, 'ES256'),
    { typ: 'sallyport-feed+jws', algorithms: ['ES256'], currentDate: new Date(Date.now() + ahead) },
  )
  return payload as unknown as AssertionKeySet
}

/** The dates of what another authority publishes, with these members of `authority.status`. */
async function withPublishing(status: string): Promise<{ iat: number; exp: number }> {
  const other = await deployPublishing({ status })
  try {
    const jws = await (await fetch(`${other.url}/gateways/assertion-keys`)).text()
    return decodeJwt<{ iat: number; exp: number }>(jws)
  } finally {
    await other.close()
  }
}

const coordinates = ({ keys }: Pick<AssertionKeySet, 'keys'>) => keys.map(({ x, y }) => ({ x, y }))

test('keys that a gateway reports are published in its name, signed as the feed is, for a quarter of an hour', async () => {
  const [current, next] = [newKey(), newKey()]
  assert.equal((await report({ assertionKeys: [current, next] })).status, 204)
  const set = await published()
  assert.equal(set.type, 'assertion-keys')
  assert.equal(set.iss, 'spiffe://example.com')
  assert.equal(set.exp - set.iat, 900)
  assert.equal(set.epoch, await epoch())
  assert.deepEqual(new Set(set.keys.map(({ iss }) => iss)), new Set([issuer]))
  assert.deepEqual(new Set(coordinates(set)), new Set([current, next]))
  const unsigned = await fetched({}, '/gateways/jwks.json')
  assert.equal(unsigned.headers.get('content-type'), 'application/jwk-set+json')
  assert.deepEqual(await unsigned.json(), { keys: set.keys })

  // Without them in a report they are as they were; another process of the name has its own beside them.
  await report({})
  assert.equal((await published()).keys.length, 2)
  const replica = newKey()
  await report({ instance: 'gwi_other', assertionKeys: [replica, current] })
  assert.deepEqual(new Set(coordinates(await published())), new Set([current, next, replica]))
  await report({ assertionKeys: [next] })
  assert.deepEqual(new Set(coordinates(await published())), new Set([current, next, replica]))
  ahead += 601_000
  await report({ assertionKeys: [next] })
  assert.deepEqual(coordinates(await published()), [next])
})

test('they count for as long as the operator says, within what services take', async () => {
  const { exp, iat } = await withPublishing('assertionKeysMinutes: 240')
  assert.equal(exp - iat, 4 * 3_600)
  for (const minutes of [4, 1_441]) {
    const refused = withPublishing(`assertionKeysMinutes: ${minutes}`)
    await assert.rejects(refused, /assertionKeysMinutes/)
  }
})

test('whoever has the document is told so until it changes or is signed again', async () => {
  const first = await fetched()
  const etag = first.headers.get('etag') ?? ''
  const same = await fetched({ 'if-none-match': etag })
  assert.equal(same.status, 304)
  assert.match(first.headers.get('cache-control') ?? '', /^max-age=5, public/)
  assert.equal(first.headers.get('content-type'), 'application/jose')
  await report({ assertionKeys: [newKey()] })
  const changed = await fetched({ 'if-none-match': etag })
  assert.equal(changed.status, 200)
  ahead += 60_000
  const again = await fetched({ 'if-none-match': changed.headers.get('etag') ?? '' })
  assert.equal(again.status, 200)
})

test('what is no key of P-256, or too many, is no report', async () => {
  const { x } = newKey()
  const before = coordinates(await published())
  const wrong = [[{ x, y: x }], [{ x: 'AA', y: 'AA' }], Array.from({ length: 9 }, newKey)]
  for (const assertionKeys of wrong) {
    const { status, body } = await report({ assertionKeys })
    assert.deepEqual([status, body.code], [400, 'message_malformed'])
  }
  assert.deepEqual(coordinates(await published()), before)
})

test('a gateway that is revoked is not in the next document, whose number is higher', async () => {
  const before = await published()
  assert.equal(before.keys.length, 1)
  const revoked = await publishing.admin('/admin/v1/gateways/gateway-1/revoke', { body: {} })
  assert.equal(revoked.status, 200)
  const after = await published()
  assert.deepEqual(after.keys, [])
  assert(after.seq > before.seq)
  assert.equal((await report({ assertionKeys: [newKey()] })).status, 403)
  assert.deepEqual((await published()).keys, [])
})
