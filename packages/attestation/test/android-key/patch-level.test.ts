import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  patchAgeDays,
  patchLevelText,
  patchLevelTime,
  policyPatchTime,
} from '../../src/android-key/patch-level.ts'

it('a patch level is a month or a day', () => {
  assert.equal(patchLevelTime(202_605), Date.UTC(2026, 4, 1))
  assert.equal(patchLevelTime(20_260_505), Date.UTC(2026, 4, 5))
  assert.equal(patchLevelTime(20_260_500), Date.UTC(2026, 4, 1))
  assert.equal(policyPatchTime('2026-05'), Date.UTC(2026, 4, 1))
  assert.equal(policyPatchTime('2026-05-05'), Date.UTC(2026, 4, 5))
})

it('other numbers are no patch level', () => {
  for (const level of [undefined, 0, 1, 20_265, 202_613, 202_600, 20_260_532, 4_294_967_295]) {
    assert.equal(patchLevelTime(level), undefined)
  }
  assert.throws(() => policyPatchTime('May 2026'), TypeError)
  assert.throws(() => policyPatchTime('2026-13'), TypeError)
})

it('a patch level is told as policies are written', () => {
  assert.equal(patchLevelText(202_605), '2026-05')
  assert.equal(patchLevelText(20_260_505), '2026-05-05')
  assert.equal(patchLevelText(0), '0')
  assert.equal(patchLevelText(undefined), 'none')
})

it('its age is counted in whole days', () => {
  const time = Date.UTC(2026, 4, 5)
  assert.equal(patchAgeDays(time, time + 86_400_000 * 90 + 1), 90)
  assert.equal(patchAgeDays(time, time - 1), -1)
})
