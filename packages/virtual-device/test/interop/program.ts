import assert from 'node:assert/strict'
import { execFile, type ExecFileException } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/**
 * Whether the programs a test needs are there. Where one is missing the test is skipped with the reason
 * printed; in continuous integration it fails, so that nothing is left out unseen.
 */
export function hasPrograms(t: TestContext, ...names: readonly string[]): boolean {
  const missing = names.filter((name) => !isThere(name))
  if (missing.length === 0) return true
  return skipUnlessCi(t, `not installed: ${missing.join(', ')}`)
}

export function skipUnlessCi(t: TestContext, reason: string): false {
  assert.notEqual(process.env['CI'], 'true', `must not be skipped here: ${reason}`)
  t.skip(reason)
  return false
}

function isThere(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export type Run = { readonly exitCode: number; readonly output: string; readonly stdout: string }

/** Runs a program to its end, at most a minute. `output` is both streams. */
export function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Run> {
  return new Promise((resolve) => {
    const options = { env, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 }
    const done = (error: ExecFileException | null, stdout: string, stderr: string) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ exitCode, output: stdout + stderr, stdout })
    }
    execFile(program, [...args], options, done)
  })
}
