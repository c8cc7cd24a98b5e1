import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { replaceFile, syncDirectory } from '@sallyport/pki'
import { decodePackedStatus, encodePackedStatus, type PackedStatus } from '@sallyport/wire/status'
import { parseIssuer } from './feed-messages.ts'

/**
 * The last known status on disk. Its first line says when the authority was last heard, and what the
 * rest must hash to:
 *
 *     sallyport-status-v2 heard=0001795046400000 sha256=<hex>
 *
 * The rest is packed status. It is replaced as a whole, by renaming; only the time, of fixed width, is written
 * in place, every few seconds.
 */
const firstLine = /^sallyport-status-v2 heard=(\d{16}) sha256=([0-9a-f]{64})\n$/
const heardOffset = 'sallyport-status-v2 heard='.length
const firstLineBytes = heardOffset + 16 + ' sha256='.length + 64 + 1
/** Of a version before, which is not read any more: the authority is asked again. */
const olderFirstLine = /^sallyport-status-v1 /

export type KeptStatus = {
  readonly status: PackedStatus
  /** Milliseconds. */
  readonly heardAt: number
}

export type SnapshotFile = {
  /** Undefined where there is none; an Error where there is one that cannot be believed. */
  readonly read: () => Promise<KeptStatus | Error | undefined>
  readonly write: (status: PackedStatus, heardAt: number) => Promise<void>
  readonly touch: (heardAt: number) => Promise<void>
  readonly remove: () => Promise<void>
}

export function snapshotFile(directory: string): SnapshotFile {
  const file = path.join(directory, 'status.snapshot')
  return {
    read: async () => {
      let bytes: Buffer
      try {
        bytes = await fs.readFile(file)
      } catch (error) {
        return isMissing(error) ? undefined : (error as Error)
      }
      const first = bytes.subarray(0, firstLineBytes).toString('latin1')
      if (olderFirstLine.test(first)) return undefined
      const match = firstLine.exec(first)
      if (match === null) return new Error(`${file}: the first line is not that of a snapshot`)
      const body = bytes.subarray(firstLineBytes)
      if (sha256(body) !== match[2]) return new Error(`${file}: the checksum is wrong`)
      try {
        return { status: decodePackedStatus(body, parseIssuer), heardAt: Number(match[1]) }
      } catch (error) {
        return new Error(`${file}: ${String(error)}`)
      }
    },
    write: async (status, heardAt) => {
      const body = encodePackedStatus(status)
      const first = `sallyport-status-v2 heard=${fixed(heardAt)} sha256=${sha256(body)}\n`
      await replaceFile(file, Buffer.concat([Buffer.from(first, 'latin1'), body]))
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

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
