import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePinsFile, planPins } from '../src/index.ts'
import { issue } from './test-authority.ts'
import { now, pin } from './pins-yaml.ts'

const fileOf = (members: string) =>
  parsePinsFile(
    'pins.yaml',
    `version: 1\nrelease: { everyDays: 10, adoptionDays: 30 }\nhosts:\n  a.example:\n${members}`,
  )

const lines = (plan: ReturnType<typeof planPins>): string[] =>
  plan.events.map(({ at, kind, isCritical, isOverdue }) =>
    [
      new Date(at).toISOString().slice(0, 10),
      kind,
      isCritical ? 'critical' : 'held',
      ...(isOverdue ? ['overdue'] : []),
    ].join(' '),
  )

test('a pin is in the file a release and its adoption before its day', () => {
  const file = fileOf(
    `    pins:\n      - { role: leaf, sha256: '${pin(1)}', notAfter: '2027-06-30' }\n      - { role: backup, sha256: '${pin(2)}' }\n`,
  )
  const plan = planPins(file, { now })
  assert.deepEqual(lines(plan), [
    '2027-05-21 add pin critical',
    '2027-05-31 release critical',
    '2027-06-30 ends critical',
  ])
  assert.equal(new Date(plan.usableFrom).toISOString().slice(0, 10), '2027-01-01')
})

test('where a pin above it holds, a leaf may go', () => {
  const file = fileOf(
    `    pins:\n      - { role: leaf, sha256: '${pin(1)}', notAfter: '2027-06-30' }\n      - { role: root, sha256: '${pin(3)}' }\n      - { role: backup, sha256: '${pin(2)}' }\n`,
  )
  assert.ok(planPins(file, { now }).events.every(({ isCritical }) => !isCritical))
})

test('the last day of a set is a date of its own, and overdue is told', () => {
  const file = fileOf(
    `    expires: '2026-12-20'\n    pins:\n      - { role: root, sha256: '${pin(1)}' }\n      - { role: backup, sha256: '${pin(2)}' }\n`,
  )
  assert.deepEqual(lines(planPins(file, { now })), [
    '2026-11-10 add pin critical overdue',
    '2026-11-20 release critical overdue',
    '2026-12-20 ends critical',
  ])
})

test('dates that the file has not come from servers, and each once', async () => {
  const notAfter = new Date(Date.UTC(2027, 5, 30, 17))
  const leaf = await issue({ name: 'a.example', hosts: ['a.example'], notAfter })
  const live = new Map([['a.example', [leaf.certificate]]])
  const bare = `    pins:\n      - { role: leaf, sha256: '${pin(1)}' }\n      - { role: backup, sha256: '${pin(2)}' }\n`
  assert.deepEqual(lines(planPins(fileOf(bare), { now, live })).at(-1), '2027-06-30 ends critical')
  const dated = bare.replace(`'${pin(1)}'`, `'${pin(1)}', notAfter: '2027-06-30'`)
  assert.equal(planPins(fileOf(dated), { now, live }).events.length, 3)
})

test('where iOS is given leaf pins alone, a root above them does not hold', () => {
  const file = fileOf(
    `    ats: leaf\n    pins:\n      - { role: leaf, sha256: '${pin(1)}', notAfter: '2027-06-30' }\n      - { role: root, sha256: '${pin(3)}' }\n      - { role: backup, sha256: '${pin(2)}' }\n`,
  )
  assert.ok(planPins(file, { now }).events.every(({ isCritical }) => isCritical))
})
