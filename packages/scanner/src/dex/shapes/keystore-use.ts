import type { Sink } from '../../sink.ts'
import type { Trace } from '../trace.ts'
import { textOf } from '../values.ts'
import type { CallShape } from './call-shape.ts'

/** How likely a text opens a keystore, from 0 to 100, by how it was come by. */
export const passwordWeights = {
  passedToKeystore: 100,
  namedPassword: 90,
  sameMethod: 80,
  turnedToCharacters: 60,
  sameClass: 50,
} as const

/** Longer ones are no passwords. */
const maxPasswordLength = 128

/** Fact `passwords`. @param weight one of `passwordWeights` */
export function tellPassword(sink: Sink, text: string | undefined, weight: number): void {
  if (text === undefined || text.length === 0 || text.length > maxPasswordLength) return
  // Two spaces make a sentence: a message, much more likely than a passphrase.
  const isSentence = text.split(' ').length > 2
  sink.fact('passwords', { text, weight: isSentence ? weight / 4 : weight })
}

/** What is passed to these as characters is a password. */
const openings: readonly Pick<CallShape, 'names' | 'owners'>[] = [
  { names: ['load', 'getKey'], owners: ['Ljava/security/KeyStore;'] },
  { names: ['<init>'], owners: ['Ljava/security/KeyStore$PasswordProtection;'] },
  { names: ['newInstance'], owners: ['Ljava/security/KeyStore$Builder;'] },
  { names: ['init'], owners: ['Ljavax/net/ssl/KeyManagerFactory;'] },
  { names: ['<init>'], owners: ['Ljavax/crypto/spec/PBEKeySpec;'] },
]

/** Calls that open a keystore, or take a key out of it. */
export const keystoreShapes: readonly CallShape[] = openings.map((opening) => ({
  ...opening,
  look: ({ passed }, sink) => {
    for (const value of passed.slice(1)) {
      tellPassword(sink, textOf(value)?.text, passwordWeights.passedToKeystore)
    }
  },
}))

/** Passwords are characters, and few other texts are turned to them. */
export const turnedToCharacters: CallShape = {
  names: ['toCharArray'],
  owners: ['Ljava/lang/String;'],
  look: ({ passed }, sink) =>
    tellPassword(sink, textOf(passed[0])?.text, passwordWeights.turnedToCharacters),
}

const keystoreCalls = new Set(
  openings.flatMap(({ names, owners }) =>
    names.flatMap((name) => owners?.map((owner) => `${owner}->${name}`) ?? []),
  ),
)

/** @returns whether the method opens a keystore; then all its texts may be passwords */
export function tellKeystoreUse(
  trace: Trace,
  within: string,
  location: { readonly path: string; readonly offset: number },
  sink: Sink,
): boolean {
  if (!trace.calls.some(({ method }) => keystoreCalls.has(method.by))) return false
  const strings = [...new Set(trace.texts.map(({ text }) => text))]
  for (const text of strings) tellPassword(sink, text, passwordWeights.sameMethod)
  for (const array of trace.arrays) {
    tellPassword(sink, textOf(array)?.text, passwordWeights.sameMethod)
  }
  // Ids of an app's own resources: package 0x7f.
  const resourceIds = trace.numbers.filter((number) => number >>> 24 === 0x7f)
  sink.fact('keystoreUses', {
    method: within,
    strings: strings.filter((text) => text.length <= maxPasswordLength),
    resourceIds: [...new Set(resourceIds)],
    resourceNames: [...new Set(trace.resourceNames)],
    location: { ...location, within },
  })
  return true
}
