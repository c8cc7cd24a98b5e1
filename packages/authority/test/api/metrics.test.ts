import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import { isProblem, Problem } from '@sallyport/problem'
import { devicePaths } from '@sallyport/wire'
import { Metrics } from '../../src/operations/metrics.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { enroll } from '../fixture/phone.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  deployment = await deploy({ now: clock.now })
})
after(() => deployment.close())

/** The samples of a metric, by their labels. */
async function samplesOf(name: string): Promise<Record<string, number>> {
  const { text, status } = await deployment.operations('/metrics')
  assert.equal(status, 200)
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return Object.fromEntries(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(name.length, end), Number(line.slice(end + 1))]
    }),
  )
}

test('it is told when what the authority needs ends', async () => {
  const cas = await samplesOf('sallyport_authority_ca_expiry_timestamp_seconds')
  const { issuers } = (await deployment.admin('/admin/v1/issuers')).body
  assert.ok(issuers.length > 0)
  for (const { notAfter } of issuers) {
    const ends = Date.parse(notAfter) / 1_000
    assert.ok(Object.values(cas).includes(ends), JSON.stringify(cas))
  }
  for (const name of ['device-root', 'service-root']) {
    const ends = cas[`{kind="root",name="${name}"}`]
    assert.ok(ends !== undefined && ends > Date.now() / 1_000, name)
  }
  const served = await samplesOf('sallyport_authority_server_certificate_expiry_timestamp_seconds')
  assert.deepEqual(Object.keys(served), ['{listener="device"}', '{listener="admin"}'])

  const name = 'sallyport_authority_gateway_certificate_expiry_timestamp_seconds'
  assert.deepEqual(await samplesOf(name), {})
  await deployment.gatewayCall('/gateway/v1/feed-keys')
  const ends = new X509Certificate(deployment.gateway.cert).validToDate.getTime() / 1_000
  assert.deepEqual(await samplesOf(name), { '{gateway="gateway-1"}': ends })
})

test('devices that did not renew are counted, before and after their end', async () => {
  const ending = () => samplesOf('sallyport_authority_devices_ending')
  const of = (ended: number, endedWithinDay: number, endsWithinDay: number) => ({
    '{when="ended"}': ended,
    '{when="ended_within_day"}': endedWithinDay,
    '{when="ends_within_day"}': endsWithinDay,
  })
  assert.deepEqual(await ending(), of(0, 0, 0))
  // Certificates of development devices are of a day.
  await enroll(deployment)
  assert.deepEqual(await ending(), of(0, 0, 1))
  clock.move(1.5)
  assert.deepEqual(await ending(), of(1, 1, 0))
  clock.move(1)
  assert.deepEqual(await ending(), of(1, 0, 0))
})

test('gateways, clocks and what is needed are told of', async () => {
  assert.deepEqual(await samplesOf('sallyport_authority_ready'), {
    '{check="store"}': 1,
    '{check="signer"}': 1,
  })
  assert.deepEqual(await samplesOf('sallyport_authority_gateway_behind_changes'), {
    '{gateway="gateway-1"}': (await samplesOf('sallyport_authority_feed_seq'))[''],
  })
  const { '': offset = 0 } = await samplesOf('sallyport_authority_clock_offset_seconds')
  assert.ok(
    Math.abs(offset - 2.5 * 86_400) < 5,
    `the clock of this test is moved by days: ${offset}`,
  )
  assert.deepEqual(await samplesOf('sallyport_build_info'), {
    '{version="0.0.0-test",role="authority"}': 1,
  })
})

test('answers are counted by route and status, and what there is none for under one name', async () => {
  for (const path of ['/nothing', '/nothing/else']) await deployment.device(path)
  const { text } = await deployment.operations('/metrics')
  const lineOf = (name: string) => text.split('\n').filter((line) => line.startsWith(`${name}{`))
  const counted = lineOf('sallyport_authority_requests_total')
  const enrolled = counted.filter((line) =>
    line.includes(`route="POST ${devicePaths.certificates}"`),
  )
  assert.deepEqual(enrolled, [
    `sallyport_authority_requests_total{listener="device",route="POST ${devicePaths.certificates}",status="201"} 1`,
  ])
  const unknown = counted.filter((line) => line.includes('route="none"'))
  assert.deepEqual(unknown, [
    'sallyport_authority_requests_total{listener="device",route="none",status="404"} 2',
  ])
  assert.ok(!text.includes('/nothing'), 'a path of a stranger is in the metrics')
  const buckets = lineOf('sallyport_authority_request_duration_seconds_bucket')
  const ofDevice = buckets.filter((line) => line.includes('listener="device"'))
  assert.match(ofDevice.at(-1) ?? '', /listener="device",le="\+Inf"\} [1-9]/)
  assert.equal(ofDevice.length, 12)
})

test('what cannot be read is left out and counted, and everything else is told', async () => {
  const metrics = new Metrics()
  const gauge = (name: string, collect: () => Promise<{ value: number }[]>) =>
    metrics.collect({ name, help: 'Of a test', kind: 'gauge', collect })
  gauge('there', () => Promise.resolve([{ value: 1 }]))
  gauge('away', () => Promise.reject(new Problem('store_unavailable')))
  const text = await metrics.text()
  assert.match(text, /^there 1$/m)
  assert.doesNotMatch(text, /^away /m)
  assert.match(text, /^sallyport_authority_metrics_missing 1$/m)
  gauge('wrong', () => Promise.reject(new TypeError('a mistake of ours')))
  await assert.rejects(metrics.text(), (error) => !isProblem(error))
})
