import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

function findMissing(): string | false {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return false
  } catch {
    // There it is installed, and a test that skips would go unnoticed.
    return process.env['CI'] === 'true' ? false : 'openssl is not installed here'
  }
}

/** Why tests against openssl are skipped, or false. */
export const noOpenssl: string | false = findMissing()

/** Runs openssl commands in a directory of their own, which goes when the work is done. */
export function withOpenssl<T>(
  work: (openssl: (...command: string[]) => void, directory: string) => T,
): T {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-attestation-'))
  try {
    return work((...command) => {
      execFileSync('openssl', command, { cwd: directory, stdio: 'pipe' })
    }, directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
