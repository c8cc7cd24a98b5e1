import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import path from 'node:path'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type Deployment, deploy, layOut } from '../fixture/deployment.ts'
import { movableClock } from '../fixture/clock.ts'
import { enroll } from '../fixture/phone.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  deployment = await deploy({ now: clock.now })
})
after(() => deployment.close())

const snapshot = (tls: object) =>
  deployment.gatewayCall('/gateway/v1/snapshot', {
    cert: undefined,
    key: undefined,
    ...tls,
  } as never)

async function refused(tls: object, found: string) {
  const answer = await snapshot(tls)
  assert.equal(answer.status, 401, answer.text)
  assert.equal(answer.body.code, 'gateway_certificate_required')
  assert.equal(answer.body.found, found)
}

test('a gateway is known by the certificate of the service root', async () => {
  assert.equal((await snapshot(deployment.gateway)).status, 200)
})

test('without a certificate there is no answer', () => refused({}, 'none'))

test('a device is no gateway', async () => {
  const phone = await enroll(deployment)
  await refused(phone.tls, 'one of another issuer')
})

test('a gateway of another deployment is no gateway here', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-other-'))
  const other = await layOut({ directory })
  rmSync(directory, { recursive: true })
  // Its service root has the same name, and another key.
  await refused(other.gateway, 'one whose signature does not verify')
})

test('an admin token does not make a gateway', async () => {
  const answer = await deployment.admin('/gateway/v1/snapshot')
  assert.equal(answer.body.code, 'gateway_certificate_required')
})

test('a gateway certificate opens nothing of the admin API', async () => {
  const answer = await deployment.gatewayCall('/admin/v1/devices')
  assert.equal(answer.status, 401)
  assert.equal(answer.body.code, 'admin_token_required')
  assert.equal(answer.headers['www-authenticate'], 'Bearer realm="authority"')
})

test('a gateway certificate that expired is refused', async () => {
  clock.move(500)
  await refused(deployment.gateway, 'one that is not valid now')
})
