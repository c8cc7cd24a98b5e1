import assert from 'node:assert/strict'
import { test } from 'node:test'
import { masvsControls } from '../src/report/masvs.ts'
import { weaknesses } from '../src/report/maswe.ts'
import { ruleCodes } from '../src/report/sarif/rule-codes.ts'
import type { Rule } from '../src/rule.ts'
import { rules } from '../src/rules.ts'
import { mastgTests } from './mastg-tests.ts'

const all: readonly [string, Rule][] = Object.entries<Rule>(rules)

/** Whoever filters, suppresses or counts by them relies on these. */
const promised = [
  'client-identity', 'private-key', 'locked-keystore', 'known-public-key', 'embedded-certificate', 'hardcoded-secret',
  'weak-key', 'cleartext-traffic', 'user-ca-trusted', 'pinning-missing', 'pin-set-expired', 'pin-set-expiring',
  'pin-set-invalid', 'pin-backup-missing', 'tls-validation-disabled', 'ats-weakened', 'debuggable', 'backup-allowed',
  'debug-provisioning', 'weak-tls-version', 'exported-file-provider', 'external-storage-write', 'world-readable-file',
  'plain-preferences-secret', 'secret-logged', 'keychain-always-accessible', 'file-protection-none', 'ungated-endpoint',
] // biome-ignore format: a list

test('every id that was promised is there, and each has a code for SARIF', () => {
  const ids = all.map(([id]) => id)
  assert.deepEqual(ids.toSorted(), promised.toSorted())
  assert.deepEqual(Object.keys(ruleCodes).toSorted(), promised.toSorted())
})

for (const [id, rule] of all) {
  test(`${id} is classified by ids that there are, of the versions that are named`, () => {
    assert.ok(rule.masvs.length > 0)
    for (const control of rule.masvs) assert.ok(Object.hasOwn(masvsControls, control), control)
    for (const weakness of rule.maswe) {
      const known = weaknesses[weakness.id]
      assert.ok(known, `${weakness.id} of MASWE 1.0`)
      assert.ok(weakness.betaIds.length > 0, `${weakness.id} replaced something`)
      for (const beta of weakness.betaIds) assert.ok(known.betaIds.includes(beta), beta)
    }
    for (const platform of ['android', 'ios'] as const) {
      for (const mastg of rule.mastg[platform])
        assert.equal(mastgTests[mastg]?.[0], platform, mastg)
    }
    for (const cwe of rule.cwe) assert.ok(Number.isInteger(cwe) && cwe > 0 && cwe < 2_000)
    for (const top10 of rule.top10) assert.match(top10, /^M(?:[1-9]|10)$/)
  })

  test(`${id} is worded as reports want it`, () => {
    assert.doesNotMatch(rule.title, /\.$|\n/)
    assert.match(rule.meaning, /[.)]$/)
    assert.match(rule.fix, /[.)]$/)
    assert.ok(rule.meaning.length <= 1_024)
  })
}
