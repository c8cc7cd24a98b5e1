import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'

const modulePath = [
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
  if (modulePath === undefined) return 'softhsm2 is not installed'
  try {
    createRequire(import.meta.url)('pkcs11js')
    return undefined
  } catch {
    return 'pkcs11js is not installed: set NODE_PATH to a folder that has it'
  }
}

export const pin = '271828'

/** A token of SoftHSM. One process can use those of one directory: SoftHSM reads its configuration once. */
export function softToken(label: string): { module: string; token: string; pin: () => string } {
  const directory = process.env['SOFTHSM2_CONF'] === undefined ? newStore() : undefined
  if (directory !== undefined) process.env['SOFTHSM2_CONF'] = path.join(directory, 'softhsm2.conf')
  const options = ['--init-token', '--free', '--label', label, '--so-pin', '31415926', '--pin', pin]
  execFileSync('softhsm2-util', options, { stdio: 'pipe' })
  return { module: modulePath ?? '', token: label, pin: () => pin }
}

function newStore(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-token-'))
  mkdirSync(path.join(directory, 'tokens'))
  writeFileSync(
    path.join(directory, 'softhsm2.conf'),
    `directories.tokendir = ${directory}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n`,
  )
  return directory
}
