import { randomBytes } from 'node:crypto'
import type { ScryptCost } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Input } from '../command.ts'
import { isGiven } from '../input.ts'
import { passphraseVariable } from '../supervise/role-environment.ts'
import type { Output } from '../terminal/output.ts'

export type Passphrase = {
  text: string
  /** Whether it is kept in a file beside the keys, of mode 0600. */
  isKeptInFile: boolean
}

export const leastCharacters = 12

/** 160 random bits, in letters that can be copied by hand. */
export function randomPassphrase(): string {
  return randomBytes(20).toString('base64url')
}

/** What keys are encrypted at under such a one: it cannot be guessed, so each guess need not be dear, and a start is seconds faster. */
export const randomPassphraseCost: ScryptCost = { N: 2 ** 14, r: 8, p: 1 }

/**
 * The passphrase that new CA keys are encrypted with: of SALLYPORT_PASSPHRASE, else one that is made and
 * kept in a file where --passphrase-file asks for that, else what the person types, twice.
 *
 * @throws Problem `key_passphrase_required` where none of these is there; `command_usage` where it is short
 */
export async function choosePassphrase(input: Input, output: Output): Promise<Passphrase> {
  const fromEnvironment = process.env[passphraseVariable] ?? ''
  if (fromEnvironment !== '') return { text: longEnough(fromEnvironment), isKeptInFile: false }
  if (isGiven(input, 'passphraseFile')) return { text: randomPassphrase(), isKeptInFile: true }
  if (output.interactive) {
    return { text: await askNewPassphrase('the keys of the CAs'), isKeptInFile: false }
  }
  throw new Problem('key_passphrase_required', {
    detail: 'The keys of the CAs are encrypted, and there is no passphrase to do it with',
    expected: `${passphraseVariable} in the environment, --passphrase-file to have one made, or a terminal`,
  })
}

/** Asks for a new passphrase, twice. @throws Problem `command_usage` where the person stops, or the two differ */
export async function askNewPassphrase(what: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts')
  const first = await password({
    message: `Passphrase for ${what}, at least ${leastCharacters} characters`,
    validate: (value) =>
      (value ?? '').length < leastCharacters ? `At least ${leastCharacters} characters` : undefined,
  })
  const second = isCancel(first) ? first : await password({ message: 'The same once more' })
  if (isCancel(first) || isCancel(second)) {
    throw new Problem('command_usage', { detail: 'Stopped; nothing was written' })
  }
  if (first === second) return first
  throw new Problem('command_usage', { detail: 'The two passphrases differ; nothing was written' })
}

function longEnough(text: string): string {
  if (text.length >= leastCharacters) return text
  throw new Problem('command_usage', {
    detail: `${passphraseVariable} is too short`,
    expected: `at least ${leastCharacters} characters`,
    found: `${text.length}`,
  })
}
