import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, askOnce, connect } from './support/client.ts'
import { startBed } from './support/gateway.ts'

test('a device with its certificate reaches the service, which is told who calls', async (t) => {
  const bed = await startBed(t)
  const device = await bed.world.device()
  const answer = await askOnce(bed, device, '/v1/orders?x=1')
  assert.equal(answer.status, 200, answer.body)
  const { headers } = answer.json<{ headers: Record<string, string> }>()
  assert.match(
    headers['sallyport-device'] ?? '',
    new RegExp(`^${device.deviceId}; app=wallet; assurance=tee`),
  )
  assert.equal(headers['client-cert'], `:${device.certificate.der.toString('base64')}:`)
})

test('without a certificate the answer is 401 and says why', async (t) => {
  const bed = await startBed(t)
  const socket = await connect(bed)
  const answer = await ask(socket, '/')
  assert.equal(answer.status, 401)
  assert.equal(answer.json()['code'], 'device_certificate_required')
  console.log(answer.headers, answer.body)
  socket.destroy()
})
