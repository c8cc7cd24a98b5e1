import type { Location } from '../../finding.ts'
import type { FoundSecret } from '../secret-ledger.ts'
import { looksSecret } from './looks-secret.ts'
import { type NamedKind, namedKind } from './secret-name.ts'

/** A text that code or resources give a name that promises a secret. */
export type NamedText = {
  readonly name: string
  readonly text: string
  readonly location: Location
}

const meanings: Readonly<Record<NamedKind, Pick<FoundSecret, 'name' | 'gives' | 'revoke'>>> = {
  password: {
    name: 'Password',
    gives: 'Guessed from its name and form. What it opens is open to everybody who has the app.',
    revoke:
      'Change it where it is one, and let devices sign in with what is their own. Suppress the finding where it is none.',
  },
  key: {
    name: 'Key or token',
    gives:
      'Guessed from its name and form. What accepts it cannot tell your app from anybody else.',
    revoke:
      'Revoke it where it is one, and move what it opens behind a service of yours. Suppress the finding where it is public.',
  },
}

/** What a named value is worth, or undefined where it does not look like a secret. */
export function judgeNamed(name: string, value: string): FoundSecret | undefined {
  const kind = namedKind(name)
  if (kind === undefined || !looksSecret(value, kind)) return undefined
  const meaning = meanings[kind]
  return {
    kind: `named-${kind}`,
    name: `${meaning.name} named ${name.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 64)}`,
    secret: value,
    severity: 'low',
    confidence: 'tentative',
    gives: meaning.gives,
    revoke: meaning.revoke,
  }
}
