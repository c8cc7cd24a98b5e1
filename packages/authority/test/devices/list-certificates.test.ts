import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { twoApps } from '../fixture/apps.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { enroll, renew } from '../fixture/phone.ts'

type Listed = { thumbprint: string; deviceId: string; appId: string; notAfter: string }

const clock = movableClock()
let deployment: Deployment
const devices: string[] = []
before(async () => {
  deployment = await deploy({ apps: twoApps, now: clock.now })
  // Certificates of development devices are of a day: the first renews, the others do not.
  for (const appId of ['wallet', 'wallet', 'bank']) {
    const phone = await enroll(deployment, appId)
    devices.push(phone.issued.deviceId)
    clock.moveMinutes(60)
    if (devices.length === 1) assert.equal((await renew(deployment, phone)).status, 201)
  }
})
after(() => deployment.close())

async function list(query = ''): Promise<Listed[]> {
  const answer = await deployment.admin(`/admin/v1/certificates${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body.certificates as Listed[]
}
const at = (minutes: number) => new Date(clock.now() + minutes * 60_000).toISOString()

test('certificates come in the order of their ends, without their bytes', async () => {
  const all = await list()
  assert.equal(all.length, 4)
  const ends = all.map(({ notAfter }) => notAfter)
  assert.deepEqual(ends, ends.toSorted())
  assert.ok(all.every((one) => !('certificate' in one)))
})

test('pages follow each other, and none is left out or told twice', async () => {
  const found: string[] = []
  for (let query = '?limit=1'; query !== ''; ) {
    const { body } = await deployment.admin(`/admin/v1/certificates${query}`)
    for (const { thumbprint } of body.certificates as Listed[]) found.push(thumbprint)
    query = body.nextCursor === undefined ? '' : `?limit=1&cursor=${body.nextCursor}`
  }
  assert.deepEqual(
    found,
    (await list()).map(({ thumbprint }) => thumbprint),
  )
  for (const cursor of ['1', '1.x', `x.${'A'.repeat(43)}`]) {
    const refused = await deployment.admin(`/admin/v1/certificates?cursor=${cursor}`)
    assert.equal(refused.status, 400, cursor)
  }
})

test('they are found by device, app, status and CA', async () => {
  const [renewed = '', other = ''] = devices
  assert.equal((await list(`?deviceId=${renewed}`)).length, 2)
  assert.equal((await list('?appId=bank')).length, 1)
  assert.equal((await list('?status=revoked')).length, 0)
  const [found] = await list(`?deviceId=${other}`)
  const { body } = await deployment.admin(`/admin/v1/certificates/${found?.thumbprint}`)
  assert.match(body.certificate, /BEGIN CERTIFICATE/)
  const issuers = (await deployment.admin('/admin/v1/issuers')).body.issuers as { id: string }[]
  const counts = await Promise.all(
    issuers.map(async ({ id }) => (await list(`?issuerId=${id}`)).length),
  )
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    4,
  )
  assert.ok(
    counts.every((count) => count < 4),
    'a filter that lets everything through',
  )
})

test('what ends within a time and was not renewed are the phones that do not come', async () => {
  // Enrolled three, two and one hours ago; the renewal is two hours old.
  const within = (minutes: number, renewed: string) =>
    list(`?endsAfter=${at(0)}&endsBefore=${at(minutes)}&renewed=${renewed}`)
  const devicesOf = (listed: Listed[]) => listed.map(({ deviceId }) => deviceId)
  const first = 21 * 60 + 30
  assert.deepEqual(devicesOf(await within(first, 'true')), devices.slice(0, 1))
  assert.deepEqual(devicesOf(await within(first, 'false')), [])
  const second = 22 * 60 + 30
  assert.deepEqual(
    devicesOf(await within(second, 'false')).toSorted(),
    devices.slice(0, 2).toSorted(),
  )
  assert.equal((await within(24 * 60, 'false')).length, 3)
})

test('whoever is narrowed to an app sees the certificates of that one', async () => {
  const made = await deployment.admin('/admin/v1/admin-tokens', {
    body: { label: 'of the bank', role: 'viewer', apps: ['bank'] },
  })
  assert.equal(made.status, 201, made.text)
  const headers = { authorization: `Bearer ${made.body.token}` }
  const { body } = await deployment.admin('/admin/v1/certificates', { headers })
  assert.deepEqual(
    (body.certificates as Listed[]).map(({ appId }) => appId),
    ['bank'],
  )
})
