import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isVersionAtLeast } from '../../src/apple-app-attest/bundle-version.ts'

test('versions of bundles are compared number by number', () => {
  for (const [version, minimum] of [
    ['1', '1'],
    ['1.0', '1'],
    ['1', '1.0.0'],
    ['2', '1.9'],
    ['1.10', '1.9'],
    ['1284', '1283'],
  ] as const) {
    assert.equal(isVersionAtLeast(version, minimum), true, `${version} ${minimum}`)
  }
  for (const [version, minimum] of [
    ['1', '2'],
    ['1.9', '1.10'],
    ['1', '1.0.1'],
    ['0', '1'],
  ] as const) {
    assert.equal(isVersionAtLeast(version, minimum), false, `${version} ${minimum}`)
  }
})

test('a version of another form is older than any', () => {
  for (const version of ['', 'v2', '2.', '2-beta', ' 2', '２', '9'.repeat(16)]) {
    assert.equal(isVersionAtLeast(version, '1'), false, version)
  }
})
