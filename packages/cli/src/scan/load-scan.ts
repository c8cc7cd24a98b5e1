import { statSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import type { Operation } from '../command.ts'

/** Up to here a scan is over before code that is optimized a second time has paid for it. In bytes, of all packages. */
const smallBytes = 48e6

/**
 * Loads the operation, with a young generation that stays as large as loading has made it. It would grow to 64 MB, since
 * most of what a scan makes is garbage at once, and would be collected hardly faster for it. For small packages V8's
 * second optimizing compiler (TurboFan) is left out: it takes an eighth of all time there, and saves a fifth on large ones.
 */
export async function loadScan(): Promise<Operation> {
  const { scanPackages } = await import('../commands/scan.ts')
  setFlagsFromString('--semi-space-growth-factor=1')
  return (input, output) => {
    if (isSmall(input.arguments)) setFlagsFromString('--no-turbofan')
    return scanPackages(input, output)
  }
}

/** Folders count as large, and so does what is not there. */
function isSmall(files: readonly string[]): boolean {
  let bytes = 0
  for (const file of files) {
    const found = statSync(file, { throwIfNoEntry: false })
    bytes += found?.isFile() === true ? found.size : smallBytes
  }
  return bytes < smallBytes
}
