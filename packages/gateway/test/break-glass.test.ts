import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { newId } from '@sallyport/wire'
import { breakGlassFile, type OpenGlass } from '../src/index.ts'
import { askOnce, eventually } from './support/client.ts'
import { type Bed, route, startBed } from './support/gateway.ts'

const host = 'api.example.com'
const routes = [
  route({ name: 'money', match: { path: '/v1/money' } }),
  route({ name: 'rest', match: { path: '/*' } }),
]
const bedOf = (context: TestContext): Promise<Bed> =>
  startBed(context, { hosts: { [host]: { clientCertificate: 'explain', routes } } })

const entry = (members: Partial<OpenGlass> = {}): OpenGlass => ({
  id: newId('breakGlass'),
  route: 'all',
  stage: 'device',
  mode: 'shadow',
  at: Date.now(),
  until: Date.now() + 60_000,
  reason: 'the new check refuses every phone of one maker',
  by: 'night-shift',
  ...members,
})

async function write(bed: Bed, entries: readonly unknown[], mode = 0o600): Promise<void> {
  const file = breakGlassFile(path.join(bed.directory, 'state'))
  await writeFile(file, JSON.stringify(entries), { mode })
  await chmod(file, mode)
}

const statusOf = async (bed: Bed, target = '/v1/orders') =>
  (await askOnce(bed, undefined, target)).status
const becomes = (bed: Bed, status: number, target?: string) =>
  eventually(async () => (await statusOf(bed, target)) === status)
const metricsOf = async (bed: Bed) => (await fetch(`${bed.operations}/metrics`)).text()

test('a stage that somebody made laxer lets through what it would refuse, and is as before when it is ended', async (t) => {
  const bed = await bedOf(t)
  assert.equal(await statusOf(bed), 401)
  await write(bed, [entry()])
  await becomes(bed, 200)
  await write(bed, [])
  await becomes(bed, 401)
})

test('there is somewhere to write it as soon as the gateway runs, though nothing was heard yet', async (t) => {
  const bed = await startBed(t, {
    authorityIsAway: true,
    hosts: { [host]: { clientCertificate: 'explain', routes } },
  })
  assert.equal((await stat(path.join(bed.directory, 'state'))).mode & 0o777, 0o700)
})

test('it ends by itself, also while nobody asks', async (t) => {
  const bed = await bedOf(t)
  await write(bed, [entry({ until: Date.now() + 2_500 })])
  await becomes(bed, 200)
  await becomes(bed, 401)
  await eventually(() => bed.log.some(({ fields }) => fields['why'] === 'its time is over'))
})

test('one route is one route', async (t) => {
  const bed = await bedOf(t)
  await write(bed, [entry({ route: 'money' })])
  await becomes(bed, 200, '/v1/money')
  assert.equal(await statusOf(bed), 401)
})

test('another stage of the route goes on as it is, and a stage that has no modes stays', async (t) => {
  const bed = await bedOf(t)
  await write(bed, [entry({ stage: 'host' }), entry({ stage: 'route' }), entry()])
  await becomes(bed, 200)
  const ambiguous = await askOnce(bed, undefined, '/', { headers: ['Host: other.example.com'] })
  assert.equal(ambiguous.status, 400)
  assert.equal((await askOnce(bed, undefined, '/v1/%2e%2e/x')).status, 400)
})

test('it survives a reload, and is told in log, metrics and decision', async (t) => {
  const bed = await bedOf(t)
  await write(bed, [entry()])
  await becomes(bed, 200)
  await bed.gateway.reload()
  const answer = await askOnce(bed)
  assert.equal(answer.status, 200)
  assert.match(
    await metricsOf(bed),
    /sallyport_break_glass\{route="all",stage="device",mode="shadow"\} 1/,
  )
  const said = bed.log.find(({ message }) => message.startsWith('glass was broken'))
  assert.equal(said?.level, 'error')
  assert.equal(said?.fields['by'], 'night-shift')
  assert.match(String(said?.fields['reason']), /every phone of one maker/)
  const id = answer.json<{ headers: Record<string, string> }>().headers['x-request-id'] ?? ''
  const decision = (await (await fetch(`${bed.operations}/decisions/${id}`)).json()) as {
    stages: { stage: string; mode: string; code?: string }[]
  }
  const device = decision.stages.find(({ stage }) => stage === 'device')
  assert.deepEqual([device?.mode, device?.code], ['shadow', 'device_certificate_required'])
})

test('it holds from the first request on when the gateway starts anew', async (t) => {
  const first = await bedOf(t)
  await write(first, [entry()])
  await becomes(first, 200)
  await first.gateway.close()
  const { world, authority, directory } = first
  const hosts = { [host]: { clientCertificate: 'explain', routes } }
  const second = await startBed(t, { world, authority, directory, hosts })
  assert.equal(await statusOf(second), 200)
})

for (const [name, entries, mode] of [
  ['that others may write', [entry()], 0o666],
  ['with more than a day', [entry({ until: Date.now() + 25 * 3_600_000 })], 0o600],
  ['with another mode', [{ ...entry(), mode: 'open' }], 0o600],
  ['without a reason', [{ ...entry(), reason: '' }], 0o600],
  ['of too many', Array.from({ length: 101 }, () => entry()), 0o600],
] as const) {
  test(`a file ${name} is not believed, and said so once`, async (t) => {
    const bed = await bedOf(t)
    await write(bed, entries, mode)
    const complaints = () =>
      bed.log.filter(({ message }) => message === 'break-glass.json is not believed').length
    await eventually(() => complaints() > 0)
    assert.equal(await statusOf(bed), 401)
    assert.equal(complaints(), 1)
  })
}

test('a pipe in place of the file keeps nobody waiting', async (t) => {
  const bed = await bedOf(t)
  execFileSync('mkfifo', ['-m', '600', breakGlassFile(path.join(bed.directory, 'state'))])
  await eventually(() => bed.log.some(({ fields }) => fields['error'] === 'it is no file'))
  assert.equal(await statusOf(bed), 401)
})

test('what was over before is not taken up', async (t) => {
  const bed = await bedOf(t)
  await write(bed, [
    entry({ at: Date.now() - 7_200_000, until: Date.now() - 3_600_000 }),
    entry({ route: 'money' }),
  ])
  await becomes(bed, 200, '/v1/money')
  assert.equal(await statusOf(bed), 401)
})
