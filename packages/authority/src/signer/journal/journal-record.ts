import { hash } from 'node:crypto'

/** What is written down. `begin`: the first record of a file, which says what came before it. */
export const signedKinds = [
  'root',
  'issuing-ca',
  'device',
  'server',
  'gateway',
  'responder',
  'scep-ra',
  'list',
] as const
export type SignedKind = (typeof signedKinds)[number]

/** Something that was signed. Nothing of it is chosen by who asked for it, but for the number of a list. */
export type SignedThing = {
  readonly kind: SignedKind
  /** The name of the key that signed. */
  readonly ca: string
  /** Hexadecimal; of a list its CRL number, decimal. */
  readonly serial: string
  /** SHA-256 of all of it, base64url: of a certificate its thumbprint. */
  readonly sha256: string
  /** Milliseconds: when it ends; of a list `nextUpdate`. */
  readonly until: number
}

export type JournalRecord = SignedThing & {
  /** Counts records of all files, without a gap. */
  readonly seq: number
  /** Milliseconds, by the clock of the signer. */
  readonly at: number
}

/** The first record of a file. */
export type BeginRecord = {
  readonly seq: number
  readonly at: number
  readonly kind: 'begin'
  /** The file before this one; null where this is the first. */
  readonly after: string | null
}

export type JournalLine = {
  readonly record: JournalRecord | BeginRecord
  /** SHA-256, base64url, of the hash before and all of this line but the hash. */
  readonly hash: string
  /** What the hash is of. */
  readonly text: string
}

/** The hash before the first record of all. */
export const noHash = ''

/** A line without its end, and its hash. */
export function encodeLine(record: JournalRecord | BeginRecord, before: string) {
  const text = JSON.stringify(record)
  const own = chainHash(before, text)
  return { line: `${text.slice(0, -1)},"hash":"${own}"}`, hash: own }
}

export function chainHash(before: string, text: string): string {
  return hash('sha256', `${before}\n${text}`, 'base64url')
}

const maxLineCharacters = 1_000
const form = /^(\{"seq":.*),"hash":"([A-Za-z0-9_-]{43})"\}$/
const hashForm = /^[A-Za-z0-9_-]{43}$/
const serialForm = /^[0-9a-f]{1,64}$/
const nameForm = /^[a-z0-9][a-z0-9._-]{0,99}$/
const kinds: ReadonlySet<unknown> = new Set(signedKinds)

/** A line as the signer writes it; undefined where it is none. Whether its hash is right is for the reader. */
export function decodeLine(line: string): JournalLine | undefined {
  if (line.length > maxLineCharacters) return undefined
  const [, before, own = ''] = form.exec(line) ?? []
  if (before === undefined) return undefined
  const text = `${before}}`
  const record = recordIn(text)
  return record === undefined ? undefined : { record, hash: own, text }
}

function recordIn(text: string): JournalRecord | BeginRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { seq, at, kind, after, ca, serial, sha256, until } = value as Record<string, unknown>
  if (!isCount(seq) || !isCount(at)) return undefined
  if (kind === 'begin') {
    const isName = after === null || (typeof after === 'string' && after.length < 100)
    return isName ? { seq, at, kind, after } : undefined
  }
  const isThing =
    kinds.has(kind) &&
    isText(ca, nameForm) &&
    isText(serial, serialForm) &&
    isText(sha256, hashForm) &&
    isCount(until)
  return isThing ? { seq, at, kind: kind as SignedKind, ca, serial, sha256, until } : undefined
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}
