import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import type { TestContext } from 'node:test'

/**
 * Whether the programs a test needs are there. Where one is missing the test is skipped with the reason
 * printed; in continuous integration it fails, so that nothing is left out unseen.
 */
export function hasPrograms(t: TestContext, ...names: readonly string[]): boolean {
  const missing = names.filter((name) => !isInstalled(name))
  if (missing.length === 0) return true
  assert.notEqual(process.env['CI'], 'true', `must not be skipped here: ${missing.join(', ')}`)
  t.skip(`not installed: ${missing.join(', ')}`)
  return false
}

/** Whether a program is on the PATH. */
export function isInstalled(name: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Runs a program to its end, at most a minute, `input` on its stdin; everything that it said. */
export function run(
  program: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ exitCode: number | null; stdout: string; output: string }> {
  const { input = '', env = process.env } = options
  const child = spawn(program, args, { env, timeout: 60_000 })
  let stdout = ''
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('latin1')
    output += chunk.toString('latin1')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString('latin1')
  })
  child.stdin.on('error', () => {})
  // Left open: s_client takes the end of its input for the end of the connection.
  child.stdin.write(input)
  return new Promise((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, stdout, output }))
  })
}
