import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import {
  checkPins,
  type PackagedPins,
  parsePinsFile,
  pinOfSpki,
  readPackagedPins,
} from '../src/index.ts'
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
  return { own, check }
}

const set = (members: Partial<PackagedPins>): PackagedPins => ({
  where: 'app.apk',
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
  assert.deepEqual(
    check([set({ sha256: [pin(9)], expires: now - 1 })]).map(([outcome]) => outcome),
    ['note'],
  )
  assert.deepEqual(check([set({ host: 'b.example', sha256: [pin(9)] })]), [])
  assert.deepEqual(
    check([set({ host: 'example', sha256: [pin(9)], subdomains: 'any' })])[0]?.[0],
    'will break',
  )
})

test('a list from a file is read, and a wrong one refused at its place', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'sallyport-pins-')), 'found.json')
  writeFileSync(
    file,
    JSON.stringify({ pins: [{ where: 'x', host: 'a.example', sha256: [pin(1)] }] }),
  )
  assert.deepEqual(readPackagedPins(file), [set({ where: 'x', sha256: [pin(1)] })])
  writeFileSync(file, '{"pins":[{"were":"x"}]}')
  assert.throws(
    () => readPackagedPins(file),
    (error) =>
      isProblem(error) && /found\.json:1:11: .*did you mean "where"/.test(error.detail ?? ''),
  )
})
