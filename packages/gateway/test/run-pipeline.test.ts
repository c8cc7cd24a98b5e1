import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GatewayRequest } from '../src/pipeline/gateway-request.ts'
import { runPipeline } from '../src/pipeline/run-pipeline.ts'
import { type Decide, type Mode, pass, type Refusal, type Step } from '../src/pipeline/stage.ts'

const stepOf = (decide: Decide, mode: Mode = 'enforce'): Step => ({
  stage: 'test',
  mode,
  decide,
  contentBytes: 0,
  isEnforcedFor: undefined,
  canBeLaxer: true,
  override: undefined,
})

/** What becomes of a request: `forwarded`, or the refusal. */
function endOf(...steps: Step[]): { told: (Refusal | 'forwarded')[]; request: GatewayRequest } {
  const told: (Refusal | 'forwarded')[] = []
  const request = { at: Date.now(), exchange: { contentLength: 0 } } as GatewayRequest
  runPipeline(request, steps, {
    forward: () => told.push('forwarded'),
    refuse: (_request, refusal) => told.push(refusal),
  })
  return { told, request }
}

const turn = () => new Promise(setImmediate)
const broken = () => {
  throw new TypeError('the table is gone')
}

test('a stage that throws refuses with 503, and says what it threw to the operator alone', () => {
  const [refusal] = endOf(stepOf(broken)).told
  assert(refusal !== undefined && refusal !== 'forwarded')
  assert.equal(refusal.code, 'stage_unavailable')
  assert.equal(refusal.found, 'TypeError: the table is gone')
  assert.equal(refusal.detail, undefined)
})

test('a stage whose promise is rejected refuses with 503', async () => {
  const { told } = endOf(stepOf(() => Promise.reject(new Error('no answer'))))
  await turn()
  assert.deepEqual(
    told.map((end) => end !== 'forwarded' && end.code),
    ['stage_unavailable'],
  )
})

test('a stage that overruns its budget refuses with 503, and what it says later counts for nothing', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const late = Promise.withResolvers<typeof pass>()
  const { told } = endOf(stepOf(() => late.promise))
  t.mock.timers.tick(9_999)
  await Promise.resolve()
  assert.equal(told.length, 0)
  t.mock.timers.tick(1)
  for (let index = 0; index < 10; index++) await Promise.resolve()
  assert.equal(told.length, 1)
  const [refusal] = told
  assert(refusal !== undefined && refusal !== 'forwarded')
  assert.equal(refusal.code, 'stage_unavailable')
  assert.match(refusal.expected ?? '', /test within 10 seconds/)
  late.resolve(pass)
  for (let index = 0; index < 10; index++) await Promise.resolve()
  assert.equal(told.length, 1)
})

test('in shadow a stage that throws is noted, and the request goes on', () => {
  const { told, request } = endOf(
    stepOf(broken, 'shadow'),
    stepOf(() => pass),
  )
  assert.deepEqual(told, ['forwarded'])
  assert.equal(request.shadowed?.[0]?.refusal.code, 'stage_unavailable')
})

test('a stage that is off is not asked', () => {
  assert.deepEqual(endOf(stepOf(broken, 'off')).told, ['forwarded'])
})

test('the first refusal ends it: no stage behind it is asked', () => {
  let asked = 0
  const { told } = endOf(
    stepOf(() => ({ code: 'access_denied' })),
    stepOf(() => {
      asked++
      return pass
    }),
  )
  assert.equal(asked, 0)
  assert.deepEqual(told, [{ code: 'access_denied' }])
})
