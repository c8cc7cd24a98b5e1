import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { isListOf, parseCertificate, type RevocationReason } from '@sallyport/pki'
import { deploy } from '../fixture/deployment.ts'
import { enroll, makeKey, type Phone, phoneOf, renew } from '../fixture/phone.ts'
import { addressesOf, certificatesOf, deployPublishing, type Publishing } from './publishing.ts'

let publishing: Publishing
before(async () => {
  publishing = await deployPublishing()
})
after(() => publishing.close())

const change = async (phone: Phone, verb: string, body: object = {}) => {
  const path = `/admin/v1/devices/${phone.issued.deviceId}/${verb}`
  const answer = await publishing.admin(path, { body })
  assert.equal(answer.status, 200, answer.text)
}

/** Waits until a certificate stands so on its shard and on the full list. */
async function listed(phone: Phone, wanted: 'not listed' | 'unspecified' | RevocationReason) {
  const { leaf } = certificatesOf(phone)
  const { list, full } = addressesOf(leaf)
  return publishing.eventually(`${leaf.serial} ${wanted}`, async () => {
    const [entry, other] = await Promise.all(
      [list, full].map(async (url) => (await publishing.list(url)).revoked.get(leaf.serial)),
    )
    const is = entry === undefined ? 'not listed' : (entry.reason ?? 'unspecified')
    return is === wanted && isDeepStrictEqual(entry, other) ? { entry } : undefined
  })
}

test('a certificate says where its status is published, and its issuer is there', async () => {
  const phone = await enroll(publishing)
  const { leaf, issuer } = certificatesOf(phone)
  const { list, shard, ocsp, issuer: issuerUrl } = addressesOf(leaf)
  assert.ok(list.startsWith(`${publishing.url}/crl/`) && (shard === 0 || shard === 1))
  assert.equal(ocsp, `${publishing.url}/ocsp`)
  assert.equal(leaf.extensions.has('2.5.29.56'), false)
  const answer = await fetch(issuerUrl)
  assert.equal(answer.headers.get('content-type'), 'application/pkix-cert')
  const fetched = parseCertificate(new Uint8Array(await answer.arrayBuffer()))
  assert.equal(fetched.thumbprint, issuer.thumbprint)
})

test('the list at its address is of its CA, names that address, and is in date', async () => {
  const { leaf, issuer } = certificatesOf(await enroll(publishing))
  const address = addressesOf(leaf)
  const shard = await publishing.list(address.list)
  assert.deepEqual(shard.scope, { addresses: [address.list], onlyUserCertificates: true })
  const full = await publishing.list(address.full)
  assert.equal(full.scope, undefined)
  for (const list of [shard, full]) {
    assert.ok(isListOf(list, issuer))
    assert.ok(list.thisUpdate < Date.now() && list.nextUpdate > Date.now() + 71 * 3_600_000)
  }
})

test('a revoked device is on the lists within seconds, with all of its certificates', async () => {
  const phone = await enroll(publishing)
  const answer = await renew(publishing, phone, makeKey())
  const renewed = phoneOf(phone.key, answer.body)
  await listed(phone, 'superseded')
  const revokedAt = Date.now()
  await change(phone, 'revoke')
  const { entry } = await listed(renewed, 'unspecified')
  assert.ok(Math.abs((entry?.revokedAt ?? 0) - revokedAt) < 5_000)
  // What was superseded is revoked now as well.
  await listed(phone, 'unspecified')
})

test('a suspension is a hold, which alone leaves the lists again', async () => {
  const phone = await enroll(publishing)
  await change(phone, 'suspend')
  await listed(phone, 'certificateHold')
  await change(phone, 'resume')
  await listed(phone, 'not listed')
  await change(phone, 'suspend')
  await listed(phone, 'certificateHold')
  await change(phone, 'revoke')
  await listed(phone, 'unspecified')
})

test('what was superseded stays so when its device is suspended and resumed', async () => {
  const phone = await enroll(publishing)
  const renewed = phoneOf(phone.key, (await renew(publishing, phone)).body)
  await change(phone, 'suspend')
  await listed(renewed, 'certificateHold')
  await change(phone, 'resume')
  await listed(renewed, 'not listed')
  await listed(phone, 'superseded')
})

test('a revoked certificate is listed with the reason that was named', async () => {
  const phone = await enroll(publishing)
  const { leaf } = certificatesOf(phone)
  const path = `/admin/v1/certificates/${leaf.thumbprint}/revoke`
  const answer = await publishing.admin(path, { body: { reason: 'keyCompromise' } })
  assert.equal(answer.status, 200, answer.text)
  await listed(phone, 'keyCompromise')
})

test('a revocation that is called a hold is none: a resumed device leaves it on its list', async () => {
  const phone = await enroll(publishing)
  const path = `/admin/v1/certificates/${certificatesOf(phone).leaf.thumbprint}/revoke`
  await publishing.admin(path, { body: { reason: 'certificateHold' } })
  await listed(phone, 'unspecified')
  await change(phone, 'suspend')
  await change(phone, 'resume')
  await listed(phone, 'unspecified')
})

test('a list is cached as HTTP has it, and no longer than it counts', async () => {
  const { list } = addressesOf(certificatesOf(await enroll(publishing)).leaf)
  const got = await fetch(list)
  assert.equal(got.headers.get('content-type'), 'application/pkix-crl')
  assert.equal(
    got.headers.get('cache-control'),
    'max-age=60, public, no-transform, must-revalidate',
  )
  const { number } = await publishing.list(list)
  const etag = got.headers.get('etag') ?? ''
  assert.equal(etag, `"${number}"`)
  const modified = got.headers.get('last-modified') ?? ''
  const head = await fetch(list, { method: 'HEAD' })
  assert.equal(head.headers.get('content-length'), got.headers.get('content-length'))
  assert.equal((await head.arrayBuffer()).byteLength, 0)
  const conditional = async (headers: Record<string, string>) =>
    (await fetch(list, { headers })).status
  assert.equal(await conditional({ 'if-none-match': etag }), 304)
  assert.equal(await conditional({ 'if-none-match': `"1", W/${etag}` }), 304)
  assert.equal(await conditional({ 'if-none-match': '"1"' }), 200)
  assert.equal(await conditional({ 'if-modified-since': modified }), 304)
  assert.equal(await conditional({ 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }), 200)
  assert.equal(await conditional({ 'if-modified-since': 'yesterday' }), 200)
  assert.equal(await conditional({ 'if-none-match': '"1"', 'if-modified-since': modified }), 200)
})

test('nothing else is to be found, whatever the path', async () => {
  const { list, full } = addressesOf(certificatesOf(await enroll(publishing)).leaf)
  const paths = [
    list.replace(/\d+\.crl$/, '2.crl'),
    list.replace(/\d+\.crl$/, '00.crl'),
    list.replace(/\d+\.crl$/, '-1.crl'),
    list.replace(/\d+\.crl$/, '99999999999999999999.crl'),
    list.replace(/\d+\.crl$/, '%2e%2e/0.crl'),
    `${list}.crl`,
    full.replace('.crl', ''),
    full.replace('.crl', '.CRL'),
    `${publishing.url}/crl/`,
    `${publishing.url}/crl/${'A'.repeat(43)}.crl`,
    `${publishing.url}/crl/${'A'.repeat(8_000)}.crl`,
    `${publishing.url}/crl/..%2f..%2fsallyport.yaml`,
    `${publishing.url}/ca/__proto__.cer`,
    `${publishing.url}/ca/${'A'.repeat(43)}.cer`,
    `${publishing.url}/metrics`,
    `${publishing.url}/`,
  ]
  for (const url of paths) {
    const answer = await fetch(url)
    assert.equal(answer.status, 404, url)
    assert.equal(((await answer.json()) as { code: string }).code, 'not_found')
  }
  assert.equal((await fetch(`${publishing.url}/crl/%zz`)).status, 400)
  assert.equal((await fetch(list, { method: 'DELETE' })).status, 404)
})

test('certificates of an app that publishes nothing say so', async () => {
  const deployment = await deploy()
  try {
    const { leaf } = certificatesOf(await enroll(deployment))
    assert.equal(leaf.extensions.has('2.5.29.56'), true)
    assert.equal(leaf.extensions.has('2.5.29.31'), false)
    assert.equal(deployment.authority.addresses.status, undefined)
  } finally {
    await deployment.close()
  }
})
