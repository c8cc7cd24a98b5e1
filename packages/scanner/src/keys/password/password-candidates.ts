import path from 'node:path/posix'
import type { PasswordHint } from '../../facts.ts'
import { defaultPasswords } from './default-passwords.ts'

/** Text that was kept to look for passwords in, should something turn out to be locked. */
export type KeptText = { readonly path: string; readonly text: string }

const maxHarvested = 20_000

/**
 * Passwords to try, each once, the likeliest first: hints of the code, what is assigned to a name like `password`,
 * what stands near names of keystores, defaults, the name of the file and of the key, and then whatever in the
 * package looks made up. Nothing is harvested before everything likelier has been tried.
 */
export function* passwordCandidates(options: {
  readonly hints: readonly PasswordHint[]
  readonly texts: readonly KeptText[]
  /** Of the keystore. */
  readonly path: string
  readonly alias?: string
}): Generator<string> {
  const { hints, texts, alias } = options
  const seen = new Set<string>()
  const stem = path.basename(options.path).replace(/\.[^.]*$/, '')
  const sources: (() => Iterable<string>)[] = [
    () => hints.toSorted((one, other) => other.weight - one.weight).map(({ text }) => text),
    () => ['', stem, ...(alias === undefined ? [] : [alias])],
    () => defaultPasswords,
    () => harvest(texts, assignments),
    () => harvest(texts, neighbours(path.basename(options.path))),
    () => harvest(texts, saysPassword),
    () => harvest(texts, madeUp),
  ]
  for (const source of sources) {
    for (const candidate of source()) {
      if (candidate.length > maxPasswordCharacters || seen.has(candidate)) continue
      seen.add(candidate)
      yield candidate
    }
  }
}

const maxPasswordCharacters = 64

type Harvester = (text: string) => Iterable<string>

function* harvest(texts: readonly KeptText[], harvester: Harvester): Generator<string> {
  let count = 0
  for (const { text } of texts) {
    for (const found of harvester(text)) {
      if (++count > maxHarvested) return
      yield found
    }
  }
}

const secretName = '(?:pass(?:word|wd|phrase|code)?|pwd|pin|secret|storepw|key)'

/** `"p12Password": "…"`, `keystore.password=…`, `<string name="pass">…<`, `pwd: '…'`. */
function* assignments(text: string): Generator<string> {
  const pattern = new RegExp(
    `${secretName}[\\w.\\- ]{0,24}\\\\?["']?\\s{0,4}(?:[:=]|=>|,|>)\\s{0,4}(?:\\\\?["'\`]([^"'\`\\\\\\n<]{1,64})|([^\\s"'\`,;<>]{1,64}))`,
    'gi',
  )
  for (const match of text.matchAll(pattern)) yield match[1] ?? match[2] ?? ''
}

const nearCharacters = 400

/** Tokens on both sides of where the keystore, or the kind of it, is named. */
function neighbours(fileName: string): Harvester {
  const stem = fileName.replace(/\.[^.]*$/, '').replaceAll(/[^\w-]/g, '.')
  const name = stem.length >= 3 ? `${stem}|` : ''
  return function* near(text) {
    const pattern = new RegExp(`${name}PKCS12|\\.(?:p12|pfx|bks|jks|keystore)\\b|\\bBKS\\b`, 'gi')
    let until = 0
    for (const { index } of text.matchAll(pattern)) {
      const from = Math.max(until, index - nearCharacters)
      until = Math.max(until, index + nearCharacters)
      yield* text.slice(from, until).split(/["'\n\r\0\t<>=]+/)
    }
  }
}

/** Whole strings that say they are one: `MyP@ssw0rd`, `client-secret-1`. */
function* saysPassword(text: string): Generator<string> {
  for (const { index } of text.matchAll(/p[a@]ss|pwd|s[e3]cr[e3]t|k[e3]y/gi)) {
    const before = /[^\s"'<>]*$/.exec(text.slice(Math.max(0, index - 40), index))?.[0] ?? ''
    const after = /^[^\s"'<>]*/.exec(text.slice(index, index + 44))?.[0] ?? ''
    yield before + after
  }
}

/** Strings of 6 to 32 characters with a digit or a sign in them, and no name of a class or a path. */
function* madeUp(text: string): Generator<string> {
  const pattern = /(?<=^|["'\n>])(?=[^\n"'<>]{0,31}[\d!#$%&*+@^~?-])[!-~]{6,32}(?=$|["'\n<])/g
  for (const [found] of text.matchAll(pattern)) {
    if (!/[/;]|\.\w+\./.test(found)) yield found
  }
}
