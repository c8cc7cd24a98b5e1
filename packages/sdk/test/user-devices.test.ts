import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { createPhone } from './phone.ts'
import { authorityUrl } from './scripted-server.ts'

const once = { attempts: 1, baseMs: 1, maximumMs: 1 }
const json = (members: object) => ({
  status: 200,
  headers: [['content-type', 'application/json']] as [string, string][],
  body: new TextEncoder().encode(JSON.stringify(members)),
})

test('the devices of the user are asked for with the certificate, and read member by member', async () => {
  const { client, server } = createPhone()
  const { deviceId } = await client.enroll()
  const enrolledAt = '2026-11-01T00:00:00.000Z'
  const device = { deviceId, platform: 'ios', status: 'active', enrolledAt, current: true }
  const answer = json({ devices: [{ ...device, model: 'iPhone17,3', more: 'unknown' }] })
  server.mishap = ({ url }) => (url === authorityUrl + devicePaths.devices ? answer : undefined)
  assert.deepEqual(await client.devices(), [{ ...device, model: 'iPhone17,3' }])
  const [request] = server.sent(devicePaths.devices)
  assert.equal(request?.method, 'GET')
  assert.equal(request?.body, undefined)
  assert.ok(request?.identity)
})

test('an answer of another shape is told as that', async () => {
  const tooMany = Array.from({ length: 1_001 }, () => ({}))
  const { client, server } = createPhone({ retry: once })
  await client.enroll()
  for (const members of [
    {},
    { devices: 'none', approvals: 1 },
    { devices: [null], approvals: [[]] },
    { devices: [{ deviceId: 5 }], approvals: [{ approvalId: 'a'.repeat(81) }] },
    { devices: tooMany, approvals: tooMany },
  ]) {
    server.mishap = () => json(members)
    await assert.rejects(client.devices(), { code: 'answer_malformed' })
    await assert.rejects(client.approvals(), { code: 'answer_malformed' })
  }
})

test('an id of an approval stays one segment of the path', async () => {
  const { client, server } = createPhone()
  await client.enroll()
  server.mishap = () => json({})
  await client.decideApproval('../me?x#y', 'deny')
  const { url, body } = server.requests.at(-1) ?? {}
  assert.equal(url, `${authorityUrl}${devicePaths.approvals}/..%2Fme%3Fx%23y`)
  assert.equal(new TextDecoder().decode(body as Uint8Array), '{"decision":"deny"}')
})

test('a phone that is not enrolled has no user to ask for', async () => {
  const { client, server } = createPhone({ autoEnroll: true })
  await assert.rejects(client.devices(), { code: 'device_not_enrolled' })
  await assert.rejects(client.decideApproval('apr_x', 'approve'), { code: 'device_not_enrolled' })
  assert.equal(server.requests.length, 0)
})

test('another device of the user ends with their token, which is in a header alone; its id stays one segment', async () => {
  const { client, server } = createPhone()
  await client.enroll()
  server.mishap = () => json({})
  await client.endDevice('../me?x#y', 'token-of-ada')
  const request = server.requests.at(-1)
  assert.equal(request?.method, 'DELETE')
  assert.equal(request.url, `${authorityUrl}${devicePaths.devices}/..%2Fme%3Fx%23y`)
  assert.equal(request.body, undefined)
  assert.ok(request.identity)
  assert.deepEqual(
    request.headers.filter(([name]) => name === 'authorization'),
    [['authorization', 'Bearer token-of-ada']],
  )
})

test('a device that leaves is ended by the authority, and then forgets what it was', async () => {
  const { client, server, keyStore } = createPhone({ retry: once })
  const { deviceId } = await client.enroll()
  server.mishap = () => server.problem('authority_busy')
  await assert.rejects(client.leave(), { code: 'authority_busy' })
  assert.equal((await client.status()).deviceId, deviceId, 'it is still what it was')
  server.mishap = () => json({})
  await client.leave()
  assert.equal(server.requests.at(-1)?.url, `${authorityUrl}${devicePaths.devices}/${deviceId}`)
  assert.equal((await client.status()).state, 'none')
  assert.equal(keyStore.keys.size, 0)
})

test('a device that leaves has left where it was ended before, or the answer to that was lost', async () => {
  for (const code of ['device_superseded', 'device_revoked'] as const) {
    const { client, server } = createPhone()
    await client.enroll()
    server.mishap = () => server.problem(code)
    await client.leave()
    assert.equal((await client.status()).state, 'none')
  }
  const { client, server } = createPhone()
  await client.enroll()
  server.mishap = () => server.problem('device_suspended')
  await assert.rejects(client.leave(), { code: 'device_suspended' })
})
