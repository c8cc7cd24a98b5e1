import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { softHsmLibrary } from './soft-hsm.ts'

export const pin = '271828'

/** A token of SoftHSM. One process can use those of one directory: SoftHSM reads its configuration once. */
export function softToken(label: string): { module: string; token: string; pin: () => string } {
  const directory = process.env['SOFTHSM2_CONF'] === undefined ? newStore() : undefined
  if (directory !== undefined) process.env['SOFTHSM2_CONF'] = path.join(directory, 'softhsm2.conf')
  const options = ['--init-token', '--free', '--label', label, '--so-pin', '31415926', '--pin', pin]
  execFileSync('softhsm2-util', options, { stdio: 'pipe' })
  return { module: softHsmLibrary ?? '', token: label, pin: () => pin }
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
