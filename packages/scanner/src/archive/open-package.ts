import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { AppPackage } from '../app-package.ts'
import type { ScanLimits } from '../limits.ts'
import type { Entry } from './entry.ts'

export type OpenPackage = {
  /** As far as the container tells: id, version and SDKs are filled in from its manifest later. */
  readonly app: AppPackage
  /** Every entry once, in the order of the archive. What cannot be listed is told to `notChecked`. */
  readonly entries: AsyncIterable<Entry>
  readonly close: () => Promise<void>
}

/**
 * @param file a package, or a folder
 * @throws Error of the file system where it cannot be read at all
 */
export async function openPackage(
  file: string,
  _limits: ScanLimits,
  _notChecked: (path: string, why: string) => void,
): Promise<OpenPackage> {
  const { size } = statSync(file)
  const read = () => readFile(file)
  async function* pieces() {
    yield { bytes: await read(), offset: 0 }
  }
  async function* entries(): AsyncGenerator<Entry> {
    yield { path: path.basename(file), size, read, pieces }
  }
  return {
    app: { format: 'file', platform: 'unknown', bytes: size },
    entries: entries(),
    close: async () => {},
  }
}
