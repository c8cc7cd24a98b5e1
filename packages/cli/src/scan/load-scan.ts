import { setFlagsFromString } from 'node:v8'
import type { Operation } from '../command.ts'

/**
 * Loads the operation, with a young generation that stays as large as loading has made it. It would grow to 64 MB, since
 * most of what a scan makes is garbage at once, and would be collected hardly faster for it.
 */
export async function loadScan(): Promise<Operation> {
  const { scanPackages } = await import('../commands/scan.ts')
  setFlagsFromString('--semi-space-growth-factor=1')
  return scanPackages
}
