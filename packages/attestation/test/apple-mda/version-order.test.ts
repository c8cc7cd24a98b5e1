import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isVersionAtLeast } from '../../src/apple-mda/version-order.ts'

test('versions are compared by their numbers, not by their letters', () => {
  for (const [version, minimum] of [
    ['18.10', '18.9'],
    ['18.2', '18.2.0'],
    ['18.2.0.0', '18.2'],
    ['26', '18.7.1'],
  ] as const) {
    assert.ok(isVersionAtLeast(version, minimum), `${version} ${minimum}`)
  }
  assert.ok(!isVersionAtLeast('18.9', '18.10'))
  assert.ok(!isVersionAtLeast('18', '18.0.1'))
})

test('what is no version is never enough', () => {
  for (const version of ['', '18.', '.1', '18.x', '18.2 beta', '-1', '1.2.3.4.5.6', '999999']) {
    assert.ok(!isVersionAtLeast(version, '0'), version)
    assert.ok(!isVersionAtLeast('18', version), version)
  }
})
