import { type FSWatcher, statSync, watch } from 'node:fs'
import path from 'node:path'
import type { Log } from '../log/log.ts'

const settleMs = 200
const pollMs = 5_000

/**
 * Tells when one of a set of files has become another one: written, renamed over, or reached by way of a
 * symbolic link that was swapped, as Kubernetes does with mounted secrets. Directories are watched, not
 * files, since it is their entries that change; and what no event tells (network file systems) is found
 * by looking every few seconds.
 */
export class FileWatch {
  readonly #onChange: () => void
  readonly #log: Log
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #poll: NodeJS.Timeout
  #files = new Map<string, string>()
  #settle: NodeJS.Timeout | undefined

  constructor(log: Log, onChange: () => void) {
    this.#log = log
    this.#onChange = onChange
    this.#poll = setInterval(() => this.#look(), pollMs)
    this.#poll.unref()
  }

  /** Watches these files in place of those before. */
  set(files: readonly string[]): void {
    // One that is watched already is compared with what it was when it was last looked at: it may have
    // changed again since it was read, and that must not be missed.
    this.#files = new Map(files.map((file) => [file, this.#files.get(file) ?? signature(file)]))
    const directories = new Set(files.map((file) => path.dirname(file)))
    for (const [directory, watcher] of this.#watchers) {
      if (directories.has(directory)) continue
      watcher.close()
      this.#watchers.delete(directory)
    }
    for (const directory of directories) this.#watch(directory)
  }

  /** What changed up to now is known already: somebody is about to read the files. */
  passOver(): void {
    for (const file of this.#files.keys()) this.#files.set(file, signature(file))
  }

  close(): void {
    clearInterval(this.#poll)
    clearTimeout(this.#settle)
    for (const watcher of this.#watchers.values()) watcher.close()
  }

  #watch(directory: string): void {
    if (this.#watchers.has(directory)) return
    try {
      const watcher = watch(directory, { persistent: false }, () => {
        // A swap is several events; and the key may be written after its certificate.
        this.#settle ??= setTimeout(() => {
          this.#settle = undefined
          this.#look()
        }, settleMs)
      })
      watcher.on('error', (error) => {
        this.#log.warn(
          { directory, error: error.message },
          'watching failed: looking every 5 s instead',
        )
        watcher.close()
        this.#watchers.delete(directory)
      })
      this.#watchers.set(directory, watcher)
    } catch (error) {
      this.#log.warn(
        { directory, error: String(error) },
        'cannot be watched: looking every 5 s instead',
      )
    }
  }

  #look(): void {
    let isChanged = false
    for (const [file, before] of this.#files) {
      const now = signature(file)
      if (now === before) continue
      this.#files.set(file, now)
      isChanged = true
    }
    if (isChanged) this.#onChange()
  }
}

/** What tells one version of a file from another. Links are followed. */
function signature(file: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(file)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    // In the middle of a swap there is no file for a moment; that is a version too.
    return 'none'
  }
}
