import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPins, type PackagedPins, parsePinsFile, pinOfSpki } from '../src/index.ts'
import { issue } from './test-authority.ts'
import { pin } from './pins-yaml.ts'

const now = Date.now()

async function world() {
  const root = await issue({ name: 'R' })
  const leaf = await issue({ name: 'a.example', hosts: ['a.example'], issuer: root })
  const own = pinOfSpki(leaf.certificate.spki)
  const file = parsePinsFile(
    'pins.yaml',
    `version: 1\nhosts:\n  a.example:\n    pins:\n      - { role: leaf, sha256: ${own} }\n      - { role: backup, sha256: '${pin(2)}' }\n`,
  )
  const next = [{ name: 'next.pem', certificates: [leaf.certificate] }]
  const check = (packaged: readonly PackagedPins[]) =>
    checkPins(file, { surveys: new Map(), next, packaged, others: [root.certificate], now })
      .filter(({ about }) => about.kind === 'package')
      .map(({ outcome, what }) => [outcome, what.split(':')[0]?.split(' (')[0]])
  return { own, root: pinOfSpki(root.certificate.spki), check }
}

const set = (members: Partial<PackagedPins>): PackagedPins => ({
  package: 'app.apk',
  source: 'android-nsc',
  path: 'res/xml/pins.xml',
  host: 'a.example',
  subdomains: 'none',
  sha256: [],
  ...members,
})

test('a package whose pins are those of the file holds', async () => {
  const { own, check } = await world()
  assert.deepEqual(check([set({ sha256: [own, pin(2)] })]), [['ok', 'leaf pinned in the chain']])
})

test('a package with other pins bricks, and the difference is told', async () => {
  const { check } = await world()
  assert.deepEqual(check([set({ sha256: [pin(9)] })]), [
    ['will break', 'none of the pins is in the chain'],
    ['note', 'the package lacks pins of the file'],
    ['note', 'the package has pins that the file has not'],
  ])
})

test('a set that ended, or is of another name, bricks nothing', async () => {
  const { check } = await world()
  assert.deepEqual(check([set({ sha256: [pin(9)], expires: now - 1 })]), [])
  assert.deepEqual(check([set({ host: 'b.example', sha256: [pin(9)] })]), [])
})

test('of several names the most specific counts, and in OkHttp all of them', async () => {
  const { own, check } = await world()
  const above = set({ host: 'example', subdomains: 'any', sha256: [pin(9)] })
  const exact = set({ sha256: [own, pin(2)] })
  const outcomes = (...sets: PackagedPins[]) => check(sets).map(([outcome]) => outcome)
  assert.deepEqual(outcomes(above, exact), ['ok'])
  assert.equal(outcomes(above)[0], 'will break')
  const okhttp = [above, exact].map((each) => ({ ...each, source: 'okhttp' as const }))
  assert.deepEqual(outcomes(...okhttp), ['ok', 'note'])
  assert.deepEqual(outcomes(above, { ...exact, expires: now - 1 }), [])
})

test('App Transport Security looks for leaf and CA pins each in their place', async () => {
  const { own, root, check } = await world()
  const ats = { source: 'ios-ats' as const }
  const leaf = set({ ...ats, place: 'leaf', sha256: [own, pin(2)] })
  assert.deepEqual(check([leaf])[0], ['ok', 'leaf pinned in the chain'])
  assert.equal(check([set({ ...ats, place: 'ca', sha256: [own] })])[0]?.[0], 'will break')
  const both = [leaf, set({ ...ats, place: 'ca', sha256: [root] })]
  assert.deepEqual(
    check(both).map(([outcome]) => outcome),
    ['ok', 'ok', 'note'],
  )
})
