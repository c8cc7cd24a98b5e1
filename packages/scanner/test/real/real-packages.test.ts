import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits, scan } from '../../src/index.ts'
import { nameOf, obtain } from './obtain.ts'
import { realPackages } from './packages.ts'

/** Nothing here depends on the day, and none of these may begin to. */
const settings = {
  submittedAt: new Date('2026-10-01T00:00:00Z'),
  releaseWindowDays: 60,
  limits: defaultLimits,
}

for (const each of realPackages) {
  test(`of ${nameOf(each.origin)} is told what there is, and nothing else`, async (t) => {
    const obtained = obtain(each)
    if ('why' in obtained) {
      assert.notEqual(process.env['CI'], 'true', `must not be skipped here: ${obtained.why}`)
      t.skip(obtained.why)
      return
    }
    const { app, findings, notChecked } = await scan(obtained.file, settings)
    assert.equal(app.format, each.format)
    assert.deepEqual(
      findings.filter(({ rule }) => rule === 'client-identity').map(({ title }) => title),
      [],
    )
    assert.deepEqual(countsOf(findings), each.findings)
    assert.deepEqual(
      notChecked.map(({ why }) => why),
      each.notChecked ?? [],
    )
  })
}

function countsOf(findings: Awaited<ReturnType<typeof scan>>['findings']): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { severity, rule } of findings) {
    const name = `${severity} ${rule}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
