import { findPassphrase } from '@sallyport/authority'
import { resolvePath } from '@sallyport/config'
import { changePassphrase } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Operation } from '../command.ts'
import { loadConfig } from '../configuration/schema.ts'
import { locateConfig } from '../configuration/locate.ts'
import { writeFileAtomically, modes } from '../files/write-file.ts'
import { askNewPassphrase, leastCharacters } from '../init/passphrase.ts'
import { askPassphrase } from '../terminal/ask-passphrase.ts'

/** The variable with the new passphrase, where nobody is there to type it. */
const newPassphraseVariable = 'SALLYPORT_NEW_PASSPHRASE'

type Value = { authority?: { keys?: { directory?: string; passphraseFile?: string } } }

export const changeKeyPassphrase: Operation = async (input, output) => {
  const file = loadConfig(locateConfig(input))
  const keys = (file.value as Value).authority?.keys
  if (keys?.directory === undefined) {
    throw new Problem('command_usage', { detail: `${file.path} does not say where keys are` })
  }
  const directory = resolvePath(file.directory, keys.directory)
  const passphraseFile = keys.passphraseFile && resolvePath(file.directory, keys.passphraseFile)
  const before = await findPassphrase({
    environment: process.env,
    file: passphraseFile,
    ...(output.interactive ? { prompt: askPassphrase } : {}),
  })
  const given = process.env[newPassphraseVariable] ?? ''
  if (given === '' && !output.interactive) {
    throw new Problem('key_passphrase_required', {
      expected: `${newPassphraseVariable}, or a terminal`,
      found: 'neither',
    })
  }
  const next = given === '' ? await askNewPassphrase('the keys of the CAs') : given
  if (next.length < leastCharacters) {
    throw new Problem('command_usage', {
      detail: `${newPassphraseVariable} is too short`,
      expected: `at least ${leastCharacters} characters`,
      found: `${next.length}`,
    })
  }
  const names = await changePassphrase({ directory, before, next })
  if (passphraseFile !== undefined) writeFileAtomically(passphraseFile, `${next}\n`, modes.secret)
  output.result({ keys: names }, names.join('\n'))
  output.say(
    'Restart the signer: it still has the old passphrase. Backups of the keys open with the old one',
  )
  return 0
}
