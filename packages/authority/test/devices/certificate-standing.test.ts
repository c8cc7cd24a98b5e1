import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { enroll, type Phone } from '../fixture/phone.ts'
import { certificatesOf, deployPublishing, type Publishing } from '../published/publishing.ts'

let publishing: Publishing
let phone: Phone
before(async () => {
  publishing = await deployPublishing({ certificate: 'overlapMinutes: 0, status: issued' })
  phone = await enroll(publishing)
})
after(() => publishing.close())

const ask = async (id = certificatesOf(phone).leaf.thumbprint) =>
  publishing.admin(`/admin/v1/certificates/${id}/status`)

test('of a certificate that counts, all three say so', async () => {
  const { status, body } = await ask()
  assert.equal(status, 200)
  const { registry, feed, published } = body
  assert.deepEqual(
    [registry.certificate, registry.device, registry.issuer],
    Array(3).fill('active'),
  )
  assert.equal(registry.counts, true)
  assert.equal(feed.issuedListed, true)
  assert.equal(feed.changes[0].status, 'issued')
  assert.equal(published.status, 'good')
  assert.ok(published.lists.every(({ on }: { on: boolean }) => !on))
})

test('of one that was revoked, each says so, and the lists as soon as they have it', async () => {
  const { leaf } = certificatesOf(phone)
  const path = `/admin/v1/certificates/${leaf.thumbprint}/revoke`
  const revoked = await publishing.admin(path, { body: { reason: 'keyCompromise' } })
  assert.equal(revoked.status, 200)
  const { registry, feed, published } = (await ask(leaf.serial)).body
  assert.deepEqual([registry.certificate, registry.device], ['revoked', 'active'])
  assert.equal(registry.counts, false)
  assert.equal(feed.issuedListed, false)
  assert.equal(feed.changes[0].seq, revoked.body.seq)
  assert.deepEqual([published.status, published.reason], ['revoked', 'keyCompromise'])
  const lists = await publishing.eventually('it is on both lists', async () => {
    const found = (await ask()).body.published.lists as { shard: number | null; on: boolean }[]
    return found.length === 2 && found.every(({ on }) => on) ? found : undefined
  })
  assert.ok(lists.some(({ shard }) => shard === null))
})

test('one that there is not is not found', async () => {
  assert.equal((await ask('A'.repeat(43))).status, 404)
})
