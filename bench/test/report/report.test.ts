import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FigureName, figureNames, type Samples } from '../../src/report/figures.ts'
import { checkLimits, checkPairs, compare, type MeasuredGateway } from '../../src/report/report.ts'

function gateway(name: string, special: Partial<Samples> = {}): MeasuredGateway {
  const samples = Object.fromEntries(figureNames.map((figure) => [figure, [10, 10, 10]])) as Record<
    FigureName,
    number[]
  >
  return { name, version: '1.0', samples: { ...samples, ...special } }
}

test('each gateway is told its median and its ratio to the base', () => {
  const [base, other] = compare(
    [gateway('base'), gateway('other', { http1Cpu: [30, 20, 25] })],
    'base',
  )
  assert.deepEqual(other?.figures.http1Cpu, { value: 25, ratio: 2.5, samples: [30, 20, 25] })
  assert.equal(base?.figures.http1Cpu.ratio, 1)
})

test('without the base there are values and no ratios', () => {
  const [only] = compare([gateway('other')], 'base')
  assert.equal(only?.figures.http1Cpu.value, 10)
  assert.equal(only?.figures.http1Cpu.ratio, undefined)
})

test('a ratio above its limit is not met, one at its limit is', () => {
  const within = { http1Cpu: [23, 23, 23], handshakeCpu: [17, 17, 17] }
  const [, other] = compare([gateway('base'), gateway('other', within)], 'base')
  assert.ok(other)
  const checks = Object.fromEntries(checkLimits(other).map((check) => [check.figure, check]))
  assert.equal(checks['http1Cpu']?.isMet, true)
  assert.equal(checks['handshakeCpu']?.isMet, false)
  assert.equal(checks['handshakeCpu']?.expected, 'at most 1.6 ×')
  assert.equal(checks['handshakeCpu']?.found, '1.70 ×')
})

test('a limit on the value itself needs no base', () => {
  const [only] = compare([gateway('other', { idleMemory: [121] })], 'base')
  assert.ok(only)
  const checks = Object.fromEntries(checkLimits(only).map((check) => [check.figure, check]))
  assert.equal(checks['idleMemory']?.isMet, false)
  assert.equal(checks['http1Cpu']?.isMet, false)
  assert.equal(checks['http1Cpu']?.found, 'nothing to compare with')
})

test('two gateways are held against each other round by round, and one that is missing is not met', () => {
  const gateways = compare(
    [
      gateway('base'),
      gateway('device', { http1Cpu: [20, 40, 20] }),
      gateway('layers', { http1Cpu: [26, 52, 26] }),
    ],
    'base',
  )
  const of = { figure: 'http1Cpu', subject: 'layers' } as const
  const [near, far, missing] = checkPairs(gateways, [
    { ...of, to: 'device', ratio: 1.35 },
    { ...of, to: 'device', ratio: 1.2 },
    { ...of, to: 'other', ratio: 1 },
  ])
  assert.deepEqual([near?.isMet, near?.found], [true, '1.30 ×'])
  assert.deepEqual([far?.isMet, far?.expected], [false, 'at most 1.2 × device'])
  assert.deepEqual([missing?.isMet, missing?.found], [false, 'nothing to compare with'])
})
