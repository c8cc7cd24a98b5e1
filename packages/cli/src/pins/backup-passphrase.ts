import { existsSync, readFileSync } from 'node:fs'
import { Problem } from '@sallyport/problem'
import type { Input } from '../command.ts'
import { modes, writeFileAtomically } from '../files/write-file.ts'
import { askNewPassphrase, leastCharacters, randomPassphrase } from '../init/passphrase.ts'
import { textOption } from '../input.ts'
import type { Output } from '../terminal/output.ts'

/**
 * What a backup key is encrypted with: of --passphrase-file, which is made where it is not there, else what the person
 * types. It is not the passphrase of the CA keys: this key lies elsewhere, with others.
 *
 * @throws Problem `key_passphrase_required`, `command_usage` where it is short
 */
export async function backupPassphrase(input: Input, output: Output): Promise<string> {
  const file = textOption(input, 'passphraseFile')
  if (file === undefined) {
    if (output.interactive) return askNewPassphrase('the backup key')
    throw new Problem('key_passphrase_required', {
      detail: 'A backup key is encrypted, and there is no passphrase to do it with',
      expected: '--passphrase-file, or a terminal',
    })
  }
  if (!existsSync(file)) {
    const made = randomPassphrase()
    writeFileAtomically(file, `${made}\n`, modes.secret)
    output.say(`A passphrase is made: ${file}. Keep it apart from the key`)
    return made
  }
  const text = readFileSync(file, 'utf8').trim()
  if (text.length >= leastCharacters) return text
  throw new Problem('command_usage', {
    detail: `the passphrase in ${file} is too short`,
    expected: `at least ${leastCharacters} characters`,
    found: String(text.length),
  })
}
