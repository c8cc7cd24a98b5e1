import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'

/** The authority's last word on disk, as it was signed: believed by its signature, never by where it lies. */
export type KeyCacheFile = {
  /**
   * What it holds; undefined where there is none.
   *
   * @throws TypeError where it is no file, or too large, and what reading throws
   */
  readonly read: () => Promise<string | undefined>
  /** Writes what is new, behind the caller's back: a disk that hangs keeps nobody from hearing the authority. */
  readonly keep: (jws: string) => void
}

/** @param onFailed is told what kept it from being written */
export function keyCacheFile(
  file: string,
  maxBytes: number,
  onFailed: (error: unknown) => void,
): KeyCacheFile {
  let isWriting = false
  return {
    read: async () => {
      const found = await stat(file).catch(absent)
      if (found === undefined) return undefined
      if (!found.isFile() || found.size > maxBytes) {
        throw new TypeError(`cacheFile ${file}: no file of at most ${maxBytes} bytes`)
      }
      return readFile(file, 'utf8')
    },
    keep: (jws) => {
      // The next one comes within a minute.
      if (isWriting) return
      isWriting = true
      void write(file, jws)
        .catch((error: unknown) => {
          onFailed(new Error(`cacheFile ${file}: not written`, { cause: error }))
        })
        .finally(() => {
          isWriting = false
        })
    },
  }
}

/** Whole or not at all: processes that share it, and a power cut, leave one word or the other. */
async function write(file: string, jws: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(jws)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
