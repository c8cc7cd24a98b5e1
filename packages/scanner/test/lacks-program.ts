import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import type { TestContext } from 'node:test'

/** In CI everything is there; elsewhere what lacks a program is skipped, and says so. */
export function lacksProgram(program: string, t: TestContext): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`])
    return false
  } catch {
    assert.ok(process.env['CI'] === undefined, `${program} is missing`)
    t.skip(`${program} is not installed`)
    return true
  }
}
