import { type ByteRange, withoutOverlaps } from '../../strings/byte-range.ts'
import type { LoadCommands } from './load-commands.ts'
import type { Slice } from './slices.ts'

/** What a name shows that is found in a file. */
export type TraceKind =
  /** Code of another file is used: a function, a constant, a class. */
  | 'import'
  /** A method is called, implemented, or declared by a protocol. */
  | 'selector'
  /** A class of Objective-C, or of Swift that it sees, is defined here. */
  | 'class'

/** Names of each kind that judges ask about. A fixed few: the names of a file are a hundred thousand. */
export type WatchedNames = Readonly<Record<TraceKind, readonly string[]>>

/** Each name that is there, with the byte of the slice at which it stands. */
export type Traces = Readonly<Record<TraceKind, ReadonlyMap<string, number>>>

/** The first that is there: some linkers put these names among all other strings. */
const namesInSections = {
  selector: ['__objc_methname', '__cstring'],
  class: ['__objc_classname', '__cstring'],
} as const
const maxSymbols = 2_000_000
const typeMask = 0x0e
const debuggingMask = 0xe0

/** Which of the watched names the slice has. Linear in the size of its tables of names. */
export function findTraces(slice: Slice, commands: LoadCommands, watched: WatchedNames): Traces {
  const inSections = (kind: 'selector' | 'class') => {
    const sectionName = namesInSections[kind].find((wanted) =>
      commands.sections.some(({ name }) => name === wanted),
    )
    const tables = commands.sections.filter(({ name }) => name === sectionName)
    return findWords(slice.fields.bytes, tables, watched[kind])
  }
  return {
    selector: inSections('selector'),
    class: inSections('class'),
    import: findImports(slice, commands, watched.import),
  }
}

/** Imports out of what is bound at load, and out of the symbols that are not defined here. */
function findImports(
  slice: Slice,
  commands: LoadCommands,
  names: readonly string[],
): Map<string, number> {
  const { bytes } = slice.fields
  const found = findWords(bytes, commands.bindings, names)
  const { symbols } = commands
  if (symbols === undefined) return found
  const wanted = new Map<number, string>()
  for (const [name, at] of findWords(bytes, [symbols.names], names)) {
    if (!found.has(name)) wanted.set(at - symbols.names.start, name)
  }
  if (wanted.size === 0) return found
  for (const at of undefinedSymbols(slice, commands)) {
    const name = wanted.get(at)
    if (name !== undefined) found.set(name, symbols.names.start + at)
  }
  return found
}

/** Where the names of undefined symbols stand in the table of names. */
function* undefinedSymbols({ fields, is64 }: Slice, { symbols }: LoadCommands): Generator<number> {
  if (symbols === undefined) return
  const size = is64 ? 16 : 12
  const count = Math.min(symbols.count, maxSymbols)
  for (let index = 0; index < count; index++) {
    const at = symbols.entries + index * size
    if (!fields.holds(at, size)) return
    const type = fields.bytes[at + 4] ?? 0
    if ((type & debuggingMask) === 0 && (type & typeMask) === 0) yield fields.u32(at)
  }
}

/** Names that stand whole: between zeros, or whatever no name has, such as the numbers between names of bindings. */
function findWords(
  bytes: Buffer,
  ranges: readonly ByteRange[],
  names: readonly string[],
): Map<string, number> {
  const found = new Map<string, number>()
  for (const { start, end } of withoutOverlaps(ranges)) {
    const table = bytes.subarray(start, end)
    for (const name of names) {
      const ended = Buffer.from(`${name}\0`)
      let at = table.indexOf(ended)
      while (at > 0 && isOfName(table[at - 1] ?? 0)) at = table.indexOf(ended, at + 1)
      if (at !== -1 && !found.has(name)) found.set(name, start + at)
    }
  }
  return found
}

/** Letters, digits, and what selectors and mangled names have besides. */
function isOfName(byte: number): boolean {
  return /[\w$:.]/.test(String.fromCharCode(byte))
}
