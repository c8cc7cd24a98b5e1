import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { devicePaths } from '@sallyport/wire'
import { enroll, renew } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deploy()
})
after(() => deployment.close())

test('health, readiness and version are told over plain HTTP', async () => {
  assert.deepEqual((await deployment.operations('/health/live')).body, { status: 'live' })
  assert.deepEqual((await deployment.operations('/health/ready')).body, {
    status: 'ready',
    checks: { store: 'ok', signer: 'ok' },
  })
  const { body } = await deployment.operations('/version')
  assert.deepEqual(body, { name: 'sallyport-authority', version: '0.0.0-test' })
})

test('metrics tell of issuance, refusals, queues, the feed, and what is insecure', async () => {
  const phone = await enroll(deployment)
  await renew(deployment, phone)
  await deployment.device(devicePaths.me)
  const { text, headers } = await deployment.operations('/metrics')
  assert.match(String(headers['content-type']), /version=0\.0\.4/)
  for (const line of [
    'sallyport_authority_issued_total{app="wallet",kind="enrollment"} 1',
    'sallyport_authority_issued_total{app="wallet",kind="renewal"} 1',
    'sallyport_authority_refusals_total{code="device_certificate_required"} 1',
    'sallyport_authority_queue_waiting{lane="renewal"} 0',
    'sallyport_authority_devices{status="active"} 1',
    'sallyport_insecure{name="apps.wallet.insecureDevelopmentDevices"} 1',
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line}\n--\n${text}`)
  }
  // The form of Prometheus: each line a comment or a sample.
  for (const line of text.trimEnd().split('\n')) {
    assert.match(line, /^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{[^}]*\})? -?[0-9.e+-]+)$/)
  }
})

test('balancers may ask with HEAD', async () => {
  const { operations } = deployment.authority.addresses
  for (const path of ['/health/live', '/health/ready']) {
    const answer = await fetch(`${operations}${path}`, { method: 'HEAD' })
    assert.equal(answer.status, 200, path)
    assert.equal(await answer.text(), '')
  }
})

test('one that is told to end says so first, answers on, and has its callers go elsewhere', async (t) => {
  const leaving = await deploy({ authority: '  unreadySeconds: 2\n' })
  t.after(() => leaving.close())
  const phone = await enroll(leaving)
  const begun = performance.now()
  const closing = leaving.authority.close()
  const ready = await leaving.operations('/health/ready')
  assert.equal(ready.status, 503)
  assert.deepEqual(ready.body, { status: 'ending', checks: { store: 'ok', signer: 'ok' } })
  assert.equal((await leaving.operations('/health/live')).status, 200)
  const renewed = await renew(leaving, phone)
  assert.equal(renewed.status, 201)
  assert.equal(renewed.headers.connection, 'close')
  await closing
  assert.ok(performance.now() - begun >= 2_000)
  await assert.rejects(leaving.operations('/health/ready'))
})
