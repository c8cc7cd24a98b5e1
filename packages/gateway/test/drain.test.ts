import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { ask, closed, connect, connectHttp2, eventually } from './support/client.ts'
import { type Bed, startBed } from './support/gateway.ts'

const host = 'api.example.com'

async function setUp(
  t: Parameters<typeof startBed>[0],
  drainSeconds = 5,
  unreadySeconds = 0,
): Promise<Bed> {
  return startBed(t, {
    hosts: { [host]: { clientCertificate: 'off' } },
    gateway: { workers: 2, limits: { drainSeconds, unreadySeconds } },
  })
}

test('what is under way is finished, and nothing new is taken', async (t) => {
  const bed = await setUp(t)
  const busy = await connect(bed)
  const answer = ask(busy, '/held?ms=400')
  const http2 = await connectHttp2(bed)
  const stream = http2.request({ ':path': '/held?ms=400', ':authority': host })
  stream.resume()
  const response = once(stream, 'response')
  const idle = await connect(bed)
  await ask(idle)
  await eventually(() => bed.service.seen.length === 3)
  const goaway = once(http2, 'goaway')
  const ended = bed.gateway.close()
  await closed(idle)
  await goaway
  await assert.rejects(connect(bed))
  const answered = await answer
  assert.equal(answered.status, 200)
  assert.equal(answered.headers['connection'], 'close')
  assert.equal((await response)[0][':status'], 200)
  await ended
})

test('its balancer is told first: until then it takes connections as before', async (t) => {
  const bed = await setUp(t, 5, 1)
  const ready = () => fetch(`${bed.operations}/health/ready`)
  assert.equal((await ready()).status, 200)
  const startedAt = performance.now()
  const ended = bed.gateway.close()
  const told = await ready()
  assert.equal(told.status, 503)
  assert.match(await told.text(), /going out of service/)
  assert.equal((await ask(await connect(bed))).status, 200)
  await ended
  assert(performance.now() - startedAt >= 1_000)
  await assert.rejects(connect(bed))
})

test('what does not end in time is cut off', async (t) => {
  const bed = await setUp(t, 0.3)
  const endless = await connect(bed)
  endless.write(`GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  await once(endless, 'data')
  const startedAt = performance.now()
  await bed.gateway.close()
  assert(performance.now() - startedAt < 2_500)
  await closed(endless)
})

test('the last lines of the access log and the last report are sent', async (t) => {
  const bed = await setUp(t)
  const socket = await connect(bed)
  assert.equal((await ask(socket, '/../x')).status, 400)
  await ask(socket, '/the-last')
  await bed.gateway.close()
  const { readFile } = await import('node:fs/promises')
  assert.match(await readFile(bed.accessLog, 'utf8'), /the-last/)
  const codes = bed.authority.reports.flatMap(({ decisions }) => decisions.map(({ code }) => code))
  assert(codes.includes('request_target_invalid'))
})
