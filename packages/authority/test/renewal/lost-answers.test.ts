import assert from 'node:assert/strict'
import https from 'node:https'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { deploy } from '../fixture/deployment.ts'
import { aboutTheApp, csrOf, enroll, phoneOf, renew } from '../fixture/phone.ts'

/** The whole thousand by SALLYPORT_CONFORMANCE=1. */
const count = process.env['SALLYPORT_CONFORMANCE'] === '1' ? 1_000 : 100

test(`of ${count} devices whose first renewal lost its answer none is locked out, suspended or doubled`, async () => {
  const deployment = await deploy()
  try {
    const phones = await inGroups(count, () => enroll(deployment))
    await inGroups(count, async (index) => {
      const phone = phones[index]
      assert.ok(phone)
      await renewAndLose(deployment.authority.addresses.device, deployment.caPem, phone)
    })
    const renewed = await inGroups(count, async (index) => {
      const phone = phones[index]
      assert.ok(phone)
      const answer = await renew(deployment, phone)
      assert.equal(answer.status, 201, answer.text)
      const me = await deployment.device(devicePaths.me, phoneOf(phone.key, answer.body).tls)
      assert.equal(me.status, 200, me.text)
      return answer.body.deviceId as string
    })
    assert.deepEqual(
      renewed,
      phones.map(({ issued }) => issued.deviceId),
    )
    const page = await deployment.admin('/admin/v1/devices?limit=1000')
    assert.equal(page.body.devices.length, count)
    assert.ok(page.body.devices.every(({ status }: { status: string }) => status === 'active'))
    for (const { issued } of phones.slice(0, 20)) {
      const shown = await deployment.admin(`/admin/v1/devices/${issued.deviceId}`)
      assert.equal(shown.body.certificates.length, 2)
    }
  } finally {
    await deployment.close()
  }
})

/** Sends a renewal and closes the connection when the answer begins, before any of it is read. */
function renewAndLose(
  origin: string,
  ca: string,
  phone: Awaited<ReturnType<typeof enroll>>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const body = JSON.stringify({ csr: csrOf(phone.key), ...aboutTheApp })
  const request = https.request(origin + devicePaths.renewals, {
    method: 'POST',
    ca,
    ...phone.tls,
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  })
  request.on('error', reject)
  request.on('response', (response) => {
    response.on('error', () => resolve())
    request.destroy()
    resolve()
  })
  request.end(body)
  return promise
}

async function inGroups<T>(total: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let start = 0; start < total; start += 25) {
    const group = Array.from({ length: Math.min(25, total - start) }, (_, at) => work(start + at))
    results.push(...(await Promise.all(group)))
  }
  return results
}
