import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { AppPackage } from '../src/app-package.ts'
import { openPackage } from '../src/archive/open-package.ts'
import { defaultLimits, type NotChecked, type ScanLimits } from '../src/index.ts'

export type Opened = {
  readonly app: AppPackage
  /** What could be read, by path. */
  readonly files: ReadonlyMap<string, Buffer>
  /** What could not, by path, and why. */
  readonly faults: ReadonlyMap<string, string>
  readonly notChecked: readonly NotChecked[]
  readonly sha256: string | undefined
}

/** Opens a file or folder and reads all of it, as a scan does. */
export async function opened(file: string, limits: ScanLimits = defaultLimits): Promise<Opened> {
  const notChecked: NotChecked[] = []
  const files = new Map<string, Buffer>()
  const faults = new Map<string, string>()
  const tell = (path: string, why: string) => notChecked.push({ path, why })
  const { app, entries, sha256, close } = await openPackage(file, limits, tell)
  try {
    for await (const entry of entries) {
      if (files.has(entry.path) || faults.has(entry.path)) throw new Error(`twice: ${entry.path}`)
      try {
        if (entry.size > limits.wholeEntryBytes) {
          const parts: Buffer[] = []
          let end = 0
          for await (const { bytes, offset } of entry.pieces()) {
            parts.push(bytes.subarray(end - offset))
            end = offset + bytes.length
          }
          files.set(entry.path, Buffer.concat(parts))
        } else {
          files.set(entry.path, await entry.read())
        }
      } catch (error) {
        faults.set(entry.path, (error as Error).message)
      }
    }
    return { app, files, faults, notChecked, sha256: await sha256() }
  } finally {
    await close()
  }
}

/** The same of bytes, as a file without an extension. */
export async function openedBytes(bytes: Buffer, limits?: ScanLimits): Promise<Opened> {
  const folder = await mkdtemp(path.join(tmpdir(), 'opened-'))
  try {
    const file = path.join(folder, 'package')
    await writeFile(file, bytes)
    return await opened(file, limits)
  } finally {
    await rm(folder, { recursive: true })
  }
}
