import { write } from 'node:fs'
import fs from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Problem } from '@sallyport/problem'
import type { LinePage } from '../log/line-batch.ts'
import type { Log } from '../log/log.ts'

const writeBytes = promisify(write)

/** Where the access log goes: whole batches of lines, one write at a time, in order. */
export type LineWriter = {
  /** Resolves when the text was written, or was given up. Never rejects. */
  readonly write: (page: LinePage) => Promise<void>
  /** Opens the file again by its name: it was moved away. */
  readonly reopen: (path: string) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * @param path a file, `-` for standard output, or `off`
 * @throws Problem `config_unreadable` where the file cannot be opened
 */
export async function lineWriter(path: string, log: Log): Promise<LineWriter> {
  let target = await open(path)
  let last: Promise<void> = Promise.resolve()
  const inOrder = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work)
    return last
  }
  return {
    write: ({ bytes, length }) =>
      inOrder(async () => {
        if (target === undefined) return
        try {
          await writeAll(target.fd, bytes.subarray(0, length))
        } catch (error) {
          log.error({ error: String(error) }, 'the access log cannot be written')
        }
      }),
    reopen: async (next) => {
      const opened = await open(next)
      await inOrder(async () => {
        const before = target
        target = opened
        await before?.close()
      })
    },
    close: () => inOrder(async () => target?.close()),
  }
}

type Target = { readonly fd: number; readonly close: () => Promise<void> }

async function open(path: string): Promise<Target | undefined> {
  if (path === 'off') return undefined
  // Not process.stdout: to a pipe it writes on the spot, and a reader that stopped would stop us.
  if (path === '-') return { fd: 1, close: async () => {} }
  try {
    const handle = await fs.open(path, 'a', 0o640)
    return { fd: handle.fd, close: () => handle.close() }
  } catch (cause) {
    const detail = `accessLog.path: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new Problem('config_unreadable', { detail, cause })
  }
}

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    try {
      const { bytesWritten } = await writeBytes(fd, bytes, written)
      written += bytesWritten
    } catch (error) {
      // A pipe that somebody made non-blocking, and that is full.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      await sleep(10)
    }
  }
}
