import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'

/** The library of SoftHSM, where Debian has it. */
export const softHsmLibrary = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
].find((candidate) => existsSync(candidate))

/** Why no token can be had here; undefined where one can. With CI set a test fails in its place. */
export function softTokenMissing(): string | undefined {
  const missing = whatIsMissing()
  if (missing !== undefined && process.env['CI']) throw new Error(missing)
  return missing
}

function whatIsMissing(): string | undefined {
  if (softHsmLibrary === undefined) return 'softhsm2 is not installed'
  try {
    createRequire(import.meta.url)('pkcs11js')
    return undefined
  } catch {
    return 'pkcs11js is not installed: set NODE_PATH to a folder that has it'
  }
}
