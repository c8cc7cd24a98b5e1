import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const suffix = /^\.[0-9a-f]{12}\.tmp$/
/** Nobody writes one file for so long: who began it was killed. */
const leftoverAfterMs = 600_000
const swept = new Set<string>()
const maxRemembered = 1_000

/** A name beside a file, in the same directory and so of the same file system, that nobody has. */
export function temporaryBeside(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}.tmp`
}

/**
 * Removes what processes left beside a file that were killed while they wrote it. Once by each process and
 * file: what is left later is left by this process, and found by the next.
 */
export function sweepLeftovers(file: string, now = Date.now()): void {
  if (swept.has(file)) return
  if (swept.size >= maxRemembered) swept.clear()
  swept.add(file)
  const directory = dirname(file)
  const name = basename(file)
  for (const entry of readdirSync(directory)) {
    if (!entry.startsWith(name) || !suffix.test(entry.slice(name.length))) continue
    const leftover = join(directory, entry)
    // Another process may be about to rename or remove it.
    const stats = statSync(leftover, { throwIfNoEntry: false })
    if (stats !== undefined && now - stats.mtimeMs > leftoverAfterMs)
      rmSync(leftover, { force: true })
  }
}
