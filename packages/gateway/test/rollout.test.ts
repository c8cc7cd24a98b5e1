import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import { readFile } from 'node:fs/promises'
import { askOnce, eventually } from './support/client.ts'
import { type Bed, route, startBed } from './support/gateway.ts'

const host = 'api.example.com'
const tooHigh = { minimumAssurance: 'strongbox' }

function bedWith(context: TestContext, device: Record<string, unknown>): Promise<Bed> {
  const routes = [route({ stages: { device: { ...tooHigh, ...device } } })]
  return startBed(context, { hosts: { [host]: { clientCertificate: 'optional', routes } } })
}

async function statuses(bed: Bed, deviceIds: readonly string[]): Promise<number[]> {
  const answers: number[] = []
  for (const deviceId of deviceIds) {
    const device = await bed.world.device({ deviceId })
    answers.push((await askOnce(bed, device)).status)
  }
  return answers
}

const deviceIds = Array.from({ length: 60 }, () => newId('device'))

test('a percentage enforces for a stable part of the devices, and more percent for the same and more', async (t) => {
  const few = await bedWith(t, { enforce: { percent: 30 } })
  const first = await statuses(few, deviceIds)
  assert.deepEqual(await statuses(few, deviceIds), first)
  const refused = first.filter((status) => status === 403).length
  assert(refused > 0 && refused < 60, `${refused} of 60 were refused`)
  const more = await bedWith(t, { enforce: { percent: 70 } })
  const second = await statuses(more, deviceIds)
  assert(first.every((status, index) => status !== 403 || second[index] === 403))
  assert(second.filter((status) => status === 403).length > refused)
})

test('nobody is refused at 0 percent, everybody at 100', async (t) => {
  const none = await bedWith(t, { enforce: { percent: 0 } })
  assert((await statuses(none, deviceIds.slice(0, 8))).every((status) => status === 200))
  const all = await bedWith(t, { enforce: { percent: 100 } })
  assert((await statuses(all, deviceIds.slice(0, 8))).every((status) => status === 403))
})

test('a range of app versions enforces from its first version on, and up to its end', async (t) => {
  const bed = await bedWith(t, { enforce: { appVersions: { from: '2.9', below: '3' } } })
  const statusOf = async (appVersion: string) =>
    (await askOnce(bed, await bed.world.device({ appVersion }))).status
  assert.equal(await statusOf('2.8.9'), 200)
  assert.equal(await statusOf('2.9'), 403)
  assert.equal(await statusOf('2.10.1'), 403)
  assert.equal(await statusOf('3.0'), 200)
})

test('who shows no certificate has no app version, and is outside every range of them', async (t) => {
  const bed = await bedWith(t, { required: true, enforce: { appVersions: { from: '0' } } })
  assert.equal((await askOnce(bed)).status, 200)
})

test('what is let through so is told in the decision and in the access log', async (t) => {
  const bed = await bedWith(t, { enforce: { percent: 0 } })
  const answer = await askOnce(bed, await bed.world.device())
  const { headers } = answer.json<{ headers: Record<string, string> }>()
  const id = headers['x-request-id'] ?? ''
  const decision = (await (await fetch(`${bed.operations}/decisions/${id}`)).json()) as {
    stages: { stage: string; mode: string; verdict: string; code?: string }[]
  }
  const stage = decision.stages.find((each) => each.stage === 'device')
  assert.equal(stage?.mode, 'shadow')
  assert.equal(stage?.verdict, 'refuse')
  assert.equal(stage?.code, 'device_assurance_too_low')
  const told = /"shadow":\["device_assurance_too_low"\]/
  await eventually(async () => {
    const lines = (await readFile(bed.accessLog, 'utf8')).split('\n')
    return told.test(lines.find((line) => line.includes(id)) ?? '')
  })
})

test('a rollout of a stage that is not enforced, or of no version at all, is refused at its place', async (t) => {
  const refusal = async (device: Record<string, unknown>) => {
    try {
      await bedWith(t, device)
    } catch (error) {
      if (isProblem(error)) return error
      throw error
    }
    return undefined
  }
  const shadow = await refusal({ mode: 'shadow', enforce: { percent: 10 } })
  assert.equal(shadow?.code, 'config_invalid')
  assert.match(shadow?.message ?? '', /another mode/)
  const empty = await refusal({ enforce: { appVersions: { from: '3', below: '2.9' } } })
  assert.match(empty?.message ?? '', /no version lies between/)
})
