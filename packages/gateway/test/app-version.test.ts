import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareVersions, isAtLeastVersion } from '../src/stages/app-version.ts'

const order = ['1', '1.0.1', '1.2', '1.9', '1.10', '2.0-beta', '2.0', '2.0.1', '10.0', '10.0a']

test('versions are ordered as people mean them', () => {
  for (const [index, older] of order.entries()) {
    for (const newer of order.slice(index + 1)) {
      assert(compareVersions(older, newer) < 0, `${older} < ${newer}`)
      assert(compareVersions(newer, older) > 0, `${newer} > ${older}`)
    }
  }
})

test('missing parts are zero, and builds make no difference', () => {
  assert.equal(compareVersions('2', '2.0.0'), 0)
  assert.equal(compareVersions('2.0+41', '2.0+7'), 0)
})

test('whether a version is new enough is the same the second time, and after many others', () => {
  const isNewEnough = isAtLeastVersion('1.10')
  for (let round = 0; round < 2; round++) {
    for (const version of order) {
      assert.equal(isNewEnough(version), compareVersions(version, '1.10') >= 0, version)
    }
    for (let build = 0; build < 200; build++) assert(isNewEnough(`2.0+${build}`))
  }
})
