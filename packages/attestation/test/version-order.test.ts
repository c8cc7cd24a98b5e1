import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isVersionAtLeast } from '../src/version-order.ts'

test('versions are compared number by number, not letter by letter', () => {
  for (const [version, minimum] of [
    ['1', '1'],
    ['1', '1.0.0'],
    ['2', '1.9'],
    ['1284', '1283'],
    ['18.10', '18.9'],
    ['18.2', '18.2.0'],
    ['18.2.0.0', '18.2'],
    ['26', '18.7.1'],
  ] as const) {
    assert.equal(isVersionAtLeast(version, minimum), true, `${version} ${minimum}`)
  }
  for (const [version, minimum] of [
    ['0', '1'],
    ['1', '2'],
    ['18.9', '18.10'],
    ['18', '18.0.1'],
  ] as const) {
    assert.equal(isVersionAtLeast(version, minimum), false, `${version} ${minimum}`)
  }
})

test('what is no version is never enough', () => {
  const others = ['', '18.', '.1', '18.x', '18.2 beta', 'v2', ' 2', '-1', '２', '9'.repeat(16)]
  for (const version of [...others, '1'.padEnd(23, '.1')]) {
    assert.equal(isVersionAtLeast(version, '0'), false, version)
    assert.equal(isVersionAtLeast('18', version), false, version)
  }
})
