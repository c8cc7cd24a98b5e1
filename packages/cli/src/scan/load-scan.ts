import { setFlagsFromString } from 'node:v8'
import type { Operation } from '../command.ts'

/**
 * Loads the operation with a young generation that stays as it is. It would grow to 64 MB, since most of what a scan
 * makes is garbage at once, and would be collected no faster for it. Node can be told so only before it grows: before
 * the scanner is loaded.
 */
export async function loadScan(): Promise<Operation> {
  setFlagsFromString('--semi-space-growth-factor=1')
  return (await import('../commands/scan.ts')).scanPackages
}
