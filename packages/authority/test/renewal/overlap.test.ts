import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { supersedeDue } from '../../src/devices/supersede-due.ts'
import { openStore } from '../../src/store/store.ts'
import { developmentAppWith } from '../fixture/apps.ts'
import { movableClock } from '../fixture/clock.ts'
import { deploy } from '../fixture/deployment.ts'
import { enroll, phoneOf, renew } from '../fixture/phone.ts'
import { storeIn } from '../fixture/store-place.ts'

test('a renewed certificate goes on for the overlap, and is superseded then', async () => {
  const clock = movableClock()
  const deployment = await deploy({ now: clock.now })
  const store = await openStore(storeIn(deployment.directory))
  try {
    const phone = await enroll(deployment)
    const successor = phoneOf(phone.key, (await renew(deployment, phone)).body)
    assert.equal((await deployment.device(devicePaths.me, phone.tls)).status, 200)
    assert.equal(await supersedeDue(store, clock.now()), 0)
    clock.moveMinutes(11)
    assert.equal(await supersedeDue(store, clock.now()), 1)
    const old = await deployment.device(devicePaths.me, phone.tls)
    assert.equal(old.status, 401)
    assert.equal(old.body.code, 'device_certificate_superseded')
    assert.equal(old.body.action, 'renew')
    // Its answer may have been lost: the superseded certificate still gets it.
    const again = await renew(deployment, phone)
    assert.deepEqual(again.body.certificates, successor.issued.certificates)
    const snapshot = await deployment.gatewayCall('/gateway/v1/snapshot')
    assert.equal(snapshot.body.certificates.length, 1)
    assert.equal(snapshot.body.certificates[0].status, 'superseded')
  } finally {
    await store.close()
    await deployment.close()
  }
})

test('without an overlap a renewed certificate is superseded at once', async () => {
  const deployment = await deploy({ apps: developmentAppWith('overlapMinutes: 0') })
  try {
    const phone = await enroll(deployment)
    await renew(deployment, phone)
    const old = await deployment.device(devicePaths.me, phone.tls)
    assert.equal(old.body.code, 'device_certificate_superseded')
  } finally {
    await deployment.close()
  }
})
