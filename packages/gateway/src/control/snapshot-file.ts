import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { replaceFile, syncDirectory } from '@sallyport/pki'

/**
 * The last known status on disk. Its first line says when the authority was last heard, and what the
 * rest must hash to:
 *
 *     sallyport-status-v1 heard=0001795046400000 sha256=<hex>
 *
 * The rest is JSON. It is replaced as a whole, by renaming; only the time, of fixed width, is written
 * in place, every few seconds.
 */
const firstLine = /^sallyport-status-v1 heard=(\d{16}) sha256=([0-9a-f]{64})\n/
const heardOffset = 'sallyport-status-v1 heard='.length

export type KeptStatus = {
  readonly body: unknown
  /** Milliseconds. */
  readonly heardAt: number
}

export type SnapshotFile = {
  /** Undefined where there is none; an Error where there is one that cannot be believed. */
  readonly read: () => Promise<KeptStatus | Error | undefined>
  readonly write: (body: unknown, heardAt: number) => Promise<void>
  readonly touch: (heardAt: number) => Promise<void>
  readonly remove: () => Promise<void>
}

export function snapshotFile(directory: string): SnapshotFile {
  const file = path.join(directory, 'status.snapshot')
  return {
    read: async () => {
      let text: string
      try {
        text = await fs.readFile(file, 'utf8')
      } catch (error) {
        return isMissing(error) ? undefined : (error as Error)
      }
      const match = firstLine.exec(text)
      if (match === null) return new Error(`${file}: the first line is not that of a snapshot`)
      const body = text.slice(match[0].length)
      if (sha256(body) !== match[2]) return new Error(`${file}: the checksum is wrong`)
      try {
        return { body: JSON.parse(body), heardAt: Number(match[1]) }
      } catch (error) {
        return new Error(`${file}: ${String(error)}`)
      }
    },
    write: async (body, heardAt) => {
      const text = JSON.stringify(body)
      const first = `sallyport-status-v1 heard=${fixed(heardAt)} sha256=${sha256(text)}`
      await replaceFile(file, `${first}\n${text}`)
    },
    touch: async (heardAt) => {
      const handle = await fs.open(file, 'r+')
      try {
        await handle.write(fixed(heardAt), heardOffset, 'latin1')
      } finally {
        await handle.close()
      }
    },
    remove: async () => {
      await fs.rm(file, { force: true })
      await syncDirectory(directory)
    },
  }
}

function fixed(time: number): string {
  return String(Math.max(0, Math.floor(time))).padStart(16, '0')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
