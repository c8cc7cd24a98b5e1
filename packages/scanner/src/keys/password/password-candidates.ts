import path from 'node:path/posix'
import type { PasswordHint } from '../../facts.ts'
import { defaultPasswords } from './default-passwords.ts'

/** Text that was kept to look for passwords in, should something turn out to be locked. */
export type KeptText = { readonly path: string; readonly text: string }

/** By each kind of harvest: what is seen is remembered. */
const maxHarvested = 100_000

/**
 * Passwords to try, each once, the likeliest first: what code says it opens keystores with, defaults, the name of
 * the file and of the key, what is assigned to a name like `password`, what stands near names of keystores, and then
 * whatever in the package looks made up. Nothing is harvested before everything likelier has been tried.
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
  const ranked = hints.toSorted((one, other) => other.weight - one.weight)
  const isStrong = ({ weight }: PasswordHint) => weight >= strongWeight
  const sources: (() => Iterable<string>)[] = [
    () => ranked.filter(isStrong).map(({ text }) => text),
    () => ['', stem, ...(alias === undefined ? [] : [alias])],
    () => defaultPasswords.slice(0, likeliestDefaults),
    () => harvest(texts, assigned(/pass(?:word|wd|phrase|code)?|pwd|storepw/)),
    () => defaultPasswords,
    () => ranked.filter((hint) => !isStrong(hint)).map(({ text }) => text),
    () => harvest(texts, neighbours(path.basename(options.path))),
    () => harvest(texts, assigned(/pin|secret|key/)),
    () => harvest(texts, saysPassword),
    () => harvest(texts, madeUp),
    () => harvest(texts, words),
  ]
  for (const source of sources) {
    for (const candidate of source()) {
      if (candidate.length > maxPasswordCharacters || seen.has(candidate)) continue
      seen.add(candidate)
      yield candidate
    }
  }
}

const maxPasswordCharacters = 128
/** Of hints that are tried before the defaults. */
const strongWeight = 50
/** Of the defaults, these come before what the package says. */
const likeliestDefaults = 6

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

/** `"p12Password": "…"`, `keystore.password=…`, `<string name="pass">…<`, `setPwd('…')`, `#define TEST_PWD "…"`. */
function assigned(name: RegExp): Harvester {
  const separators = /[\w.-]{0,24}[\\"'`\s:=,>()@]{1,12}/
  const value = /([^\s"'`,;<>\\()]{1,64})/
  const pattern = new RegExp(`(?:${name.source})${separators.source}${value.source}`, 'gi')
  return function* values(text) {
    for (const match of text.matchAll(pattern)) yield match[1] ?? ''
  }
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
  for (const [found] of text.matchAll(/(?<=^|["'\n>])[!-~]{6,32}(?=$|["'\n<])/g)) {
    if (/[\d!#$%&*+@^~?-]/.test(found) && !/["'<>/;]|\.\w+\./.test(found)) yield found
  }
}

/** Whatever is one word, for keystores that take a microsecond a try. */
function* words(text: string): Generator<string> {
  for (const [found] of text.matchAll(/(?<=^|["'\n>])\w{4,24}(?=$|["'\n<])/g)) yield found
}
