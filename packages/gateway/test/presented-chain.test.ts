import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, askOnce, connect, eventually } from './support/client.ts'
import { startBed } from './support/gateway.ts'

const strict = 'strict.example.com'

test('who is calling is whose key was proven, whatever else stands in the chain', async (t) => {
  const bed = await startBed(t, {
    hosts: {
      'api.example.com': { clientCertificate: 'explain' },
      [strict]: { clientCertificate: 'require' },
    },
  })
  const victim = await bed.world.device()
  const stranger = await bed.world.device({ issuer: await bed.world.newDeviceCa() })
  const both = { cert: stranger.cert + victim.cert, key: stranger.key }
  const refused = await askOnce(bed, both)
  assert.equal(refused.json()['code'], 'device_certificate_untrusted')
  const socket = await connect(bed, both, { host: strict })
  await assert.rejects(ask(socket, '/', { host: strict }), /closed/)

  const device = await bed.world.device()
  const answer = await askOnce(bed, { cert: device.cert + victim.cert, key: device.key })
  assert.equal(answer.status, 200)
  const told = bed.service.seen.at(-1)?.['sallyport-device']
  assert(typeof told === 'string' && told.startsWith(`${device.deviceId};`))
  assert.equal(bed.service.seen.length, 1)
})

test('a device that is revoked between its handshake and its first request is refused', async (t) => {
  const bed = await startBed(t, { gateway: { workers: 2 } })
  const devices = await Promise.all(Array.from({ length: 10 }, () => bed.world.device()))
  const opening = devices.map((device) => connect(bed, device))
  let last = 0
  for (const { deviceId } of devices) last = bed.authority.change('device', deviceId, 'revoked')
  const sockets = await Promise.all(opening)
  await eventually(() =>
    bed.authority.reports.some(({ applied }) => applied.some(({ seq }) => seq === last)),
  )
  for (const socket of sockets) {
    // Cut off where the change found it, refused where the request did.
    const answer = await ask(socket).catch(() => undefined)
    assert(answer === undefined || answer.json()['code'] === 'device_revoked')
    socket.destroy()
  }
  assert.equal(bed.service.seen.length, 0)
})
