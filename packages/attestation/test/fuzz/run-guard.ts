import { strict as assert } from 'node:assert'
import { isReasonCode } from '@sallyport/problem'
import type { Outcome } from './fuzz-vector.ts'

const maxCpuMs = 50
/** A single slow run may be the collector's or the compiler's: repeated it is our own. */
const repetitions = 8

/** What one run cost where it was looked at more closely. */
export type RunGuard = {
  /** Runs it, once or where it was slow more often, and checks that its outcome is one. */
  run(appraise: () => Promise<Outcome>): Promise<Outcome>
  /** The slowest run, each at its fastest repetition; milliseconds of CPU. */
  slowestMs(): number
}

/** Holds every run to its bounds: a coded refusal or a result, within 50 ms of CPU. */
export function createRunGuard(): RunGuard {
  let slowest = 0
  return {
    async run(appraise) {
      const before = process.cpuUsage()
      const outcome = await appraise()
      let spent = spentSince(before)
      for (let count = 0; spent > maxCpuMs / 2 && count < repetitions; count++) {
        const begun = process.cpuUsage()
        await appraise()
        spent = Math.min(spent, spentSince(begun))
      }
      slowest = Math.max(slowest, spent)
      assert.ok(spent <= maxCpuMs, `${spent} ms of CPU`)
      checkOutcome(outcome)
      return outcome
    },
    slowestMs: () => slowest,
  }
}

function checkOutcome({ accepted, checks, code, told }: Outcome): void {
  if (code !== undefined) assert.ok(!accepted && isReasonCode(code), code)
  if (checks === undefined) return
  const failed = checks.filter(({ outcome }) => outcome === 'failed')
  assert.equal(accepted, failed.length === 0)
  for (const check of checks) {
    assert.equal(check.code !== null, check.outcome === 'failed', check.name)
    assert.ok(check.code === null || isReasonCode(check.code), check.name)
    assert.ok(check.expected.length + check.found.length < 4_096, `${check.name}: too long to read`)
  }
  assert.ok(JSON.stringify(told ?? null).length < 1_000_000, 'more is told than was sent')
}

const spentSince = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
