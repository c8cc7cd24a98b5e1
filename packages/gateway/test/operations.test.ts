import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { askOnce, connectHttp2, eventually } from './support/client.ts'
import { route, startBed } from './support/gateway.ts'

const host = 'api.example.com'

test('health, readiness and version are told', async (t) => {
  const bed = await startBed(t)
  const get = (path: string) => fetch(`${bed.operations}${path}`)
  assert.equal((await get('/health/live')).status, 200)
  assert.deepEqual(await (await get('/health/ready')).json(), { status: 'ready' })
  const version = (await (await get('/version')).json()) as Record<string, string>
  assert.match(version['version'] ?? '', /^\d+\.\d+\.\d+/)
  assert.equal((await get('/nothing')).status, 404)
  assert.equal((await fetch(`${bed.operations}/metrics`, { method: 'POST' })).status, 405)
})

test('metrics count requests by route, outcome and reason, over all workers', async (t) => {
  const bed = await startBed(t, {
    gateway: { workers: 2 },
    hosts: { [host]: { clientCertificate: 'explain', routes: [route({ name: 'everything' })] } },
  })
  const device = await bed.world.device()
  for (let count = 0; count < 6; count++) await askOnce(bed, device)
  await askOnce(bed)
  const session = await connectHttp2(bed, device)
  await eventually(async () => {
    const page = await (await fetch(`${bed.operations}/metrics`)).text()
    return [
      /^sallyport_requests_total\{host="api.example.com",route="everything",outcome="forwarded",reason=""\} 6$/m,
      /^sallyport_requests_total\{[^}]*outcome="refused",reason="device_certificate_required"\} 1$/m,
      /^sallyport_request_duration_seconds_count 7$/m,
      /^sallyport_request_duration_seconds_bucket\{le="\+Inf"\} 7$/m,
      /^sallyport_connections\{protocol="http2"\} 1$/m,
      /^sallyport_handshakes_total\{outcome="full",reason=""\} 8$/m,
      /^sallyport_feed_connected 1$/m,
      /^sallyport_feed_age_seconds \d+$/m,
      /^sallyport_status_entries\{kind="issuer"\} 1$/m,
      /^sallyport_insecure\{name="insecureDevelopmentDevices"\} 0$/m,
      /^sallyport_workers 2$/m,
    ].every((line) => line.test(page))
  })
  session.destroy()
})

test('every line of the access log is JSON, and none has a query', async (t) => {
  const bed = await startBed(t)
  const device = await bed.world.device()
  await askOnce(bed, device, '/v1/orders?token=secret')
  await askOnce(bed, device, '/quote"and\\backslash?secret')
  await askOnce(bed, undefined, '/v1/orders')
  const lines = async () => (await readFile(bed.accessLog, 'utf8')).trim().split('\n')
  await eventually(async () => (await lines()).length === 3)
  const text = await readFile(bed.accessLog, 'utf8')
  assert.doesNotMatch(text, /secret/)
  const [served, odd, refused] = (await lines()).map((line) => JSON.parse(line))
  assert.equal(served.path, '/v1/orders')
  assert.equal(served.status, 200)
  assert.equal(served.deviceId, device.deviceId)
  assert.equal(served.upstream, 'service')
  assert.equal(served.upstreamStatus, 200)
  assert(Math.abs(Date.parse(served.time) - Date.now()) < 10_000)
  assert.equal(odd.path, '/quote"and\\backslash')
  assert.equal(refused.code, 'device_certificate_required')
})

test('a decision is found by request id and by support code, also one that let through', async (t) => {
  const bed = await startBed(t, { gateway: { workers: 2 } })
  const device = await bed.world.device()
  await askOnce(bed, device, '/served')
  const seen = bed.service.seen.at(-1)
  const id = String(seen?.['x-request-id'])
  const served = await fetch(`${bed.operations}/decisions/${id}`)
  assert.equal(((await served.json()) as { path: string }).path, '/served')
  const refused = await askOnce(bed, undefined, '/refused')
  const { supportCode } = refused.json<{ supportCode: string }>()
  const found = await fetch(`${bed.operations}/decisions/${supportCode}`)
  const decision = (await found.json()) as {
    code: string
    stages: { stage: string; verdict: string }[]
  }
  assert.equal(decision.code, 'device_certificate_required')
  assert.deepEqual(
    decision.stages.map(({ stage, verdict }) => `${stage} ${verdict}`),
    ['host pass', 'address pass', 'device refuse', 'route skip', 'forward skip'],
  )
  assert.equal((await fetch(`${bed.operations}/decisions/req_none`)).status, 404)
})

test('the first use of a renewed certificate is reported, once for each worker', async (t) => {
  const bed = await startBed(t)
  const first = await bed.world.device()
  const renewed = await bed.world.device({
    deviceId: first.deviceId,
    predecessors: [first.thumbprint],
  })
  await askOnce(bed, first)
  await askOnce(bed, renewed)
  await askOnce(bed, renewed)
  const used = () => bed.authority.reports.flatMap((report) => report.used ?? [])
  await eventually(() => used().length > 0)
  await bed.gateway.close()
  assert.deepEqual(used(), [renewed.thumbprint])
})

test('a service that cannot be reached is a decision too', async (t) => {
  const bed = await startBed(t)
  await bed.service.close()
  const answer = await askOnce(bed, await bed.world.device())
  assert.equal(answer.status, 502)
  const decisions = () => bed.authority.reports.flatMap((report) => report.decisions)
  await eventually(() => decisions().length === 1)
  const [decision] = decisions()
  assert.equal(decision?.code, 'upstream_unreachable')
  assert.equal(decision?.stages.at(-1)?.stage, 'forward')
  assert.equal(decision?.stages.at(-1)?.verdict, 'refuse')
})
