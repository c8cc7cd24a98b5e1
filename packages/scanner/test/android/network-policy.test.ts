import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { policyFor } from '../../src/android/network/network-policy.ts'
import { rules } from '../../src/rules.ts'
import { filesIn, fixtures, readFiles } from './fixture.ts'

for (const form of ['apk', 'sparse', 'bundle', 'source']) {
  test(`${form}: what holds for each host is inherited as the platform does it`, async () => {
    const { facts, findings, notChecked } = await readFiles(filesIn(path.join(fixtures, form)))
    assert.deepEqual(notChecked, [])
    assert.equal(facts.networkPolicies.length, 1)
    const [policy] = facts.networkPolicies
    assert.ok(policy)
    const held = (host: string) => {
      const { cleartext, anchors, pinSet } = policyFor(policy, host)
      return [
        cleartext.value,
        anchors.value.map((each) => each.source + (each.overridesPins ? '!' : '')).join(' '),
        pinSet?.pins.length ?? 0,
      ]
    }
    assert.deepEqual(held('elsewhere.example'), [false, 'system', 0])
    assert.deepEqual(held('bank.example'), [false, 'system', 2])
    assert.deepEqual(held('API.Bank.Example.'), [false, 'system', 2])
    assert.deepEqual(held('notbank.example'), [false, 'system', 0])
    assert.deepEqual(held('legacy.bank.example'), [true, 'resource! user', 2])
    assert.deepEqual(held('a.legacy.bank.example'), [false, 'system', 2])
    assert.deepEqual(
      facts.pins.map(({ source, host, includesSubdomains, pins, expiresAt }) => [
        source,
        host,
        includesSubdomains,
        pins.length,
        expiresAt,
      ]),
      [
        ['android-nsc', 'bank.example', true, 2, '2027-01-15'],
        ['android-nsc', 'legacy.bank.example', false, 2, '2027-01-15'],
      ],
    )
    assert.deepEqual(
      findings.map(({ rule, severity, identity }) => [
        rule,
        severity ?? rules[rule].severity,
        identity,
      ]),
      [
        ['cleartext-traffic', 'medium', 'legacy.bank.example'],
        ['user-ca-trusted', 'low', 'legacy.bank.example'],
        ['backup-allowed', 'low', 'android:allowBackup'],
        ['exported-file-provider', 'medium', 'androidx.core.content.FileProvider root-path'],
        ['external-storage-write', 'info', 'android.permission.WRITE_EXTERNAL_STORAGE'],
        ['pin-set-expiring', 'low', 'android-nsc bank.example'],
        ['pin-set-expiring', 'low', 'android-nsc legacy.bank.example'],
      ],
    )
  })
}
