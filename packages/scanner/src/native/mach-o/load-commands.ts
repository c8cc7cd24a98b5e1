import { EntryFault } from '../../archive/entry.ts'
import type { Fields } from '../../strings/fields.ts'
import type { ByteRange } from '../../strings/byte-range.ts'
import type { Slice } from './slices.ts'

/** A part of a segment. Its bytes lie within the slice. */
export type Section = ByteRange & {
  /** `__TEXT`. */
  readonly segment: string
  /** `__cstring`. */
  readonly name: string
  readonly isCode: boolean
}

/** What is needed of the load commands (mach-o/loader.h). Ranges are offsets in the slice, and lie within it. */
export type LoadCommands = {
  readonly sections: readonly Section[]
  /** Install names: `@rpath/AFNetworking.framework/AFNetworking`. */
  readonly libraries: readonly string[]
  /** What is encrypted, where anything is: cryptid is not 0. */
  readonly encrypted: ByteRange | undefined
  readonly codeSignature: ByteRange | undefined
  readonly symbols: SymbolTable | undefined
  /** Where the names of what is bound at load are, besides the symbol table: these stay where that is stripped. */
  readonly bindings: readonly ByteRange[]
}

export type SymbolTable = {
  /** Entries of 12 bytes, or of 16 in 64-bit files. */
  readonly entries: number
  readonly count: number
  readonly names: ByteRange
}

/** While they are read. */
type Gathering = {
  -readonly [Member in keyof LoadCommands]: LoadCommands[Member] extends readonly (infer Item)[]
    ? Item[]
    : LoadCommands[Member]
}

type Command = (fields: Fields, at: number, size: number, into: Gathering) => void

const maxCommands = 4096
const maxSections = 4096
const zeroFilled = new Set([0x01, 0x0c, 0x12])
const pureInstructions = 0x8000_0000

/** By number; the highest bit only says that the loader must know it. */
const commands: ReadonlyMap<number, Command> = new Map<number, Command>([
  [0x01, segment({ header: 56, section: 68, count: 48, wide: false })],
  [0x19, segment({ header: 72, section: 80, count: 64, wide: true })],
  [0x02, symbolTable],
  [0x0c, library],
  [0x18, library],
  [0x1f, library],
  [0x20, library],
  [0x1d, (fields, at, _, into) => void (into.codeSignature = range(fields, at + 8))],
  [0x21, encryption],
  [0x2c, encryption],
  [0x22, dyldInfo],
  [0x34, (fields, at, _, into) => void into.bindings.push(...existing(range(fields, at + 8)))],
])

/**
 * @throws EntryFault where a command does not end; what it is about is only left out where it lies outside
 */
export function readLoadCommands({ fields, is64 }: Slice): LoadCommands {
  const into: Gathering = {
    sections: [],
    libraries: [],
    encrypted: undefined,
    codeSignature: undefined,
    symbols: undefined,
    bindings: [],
  }
  const count = Math.min(fields.u32(16), maxCommands)
  let at = is64 ? 32 : 28
  for (let index = 0; index < count; index++) {
    const size = fields.u32(at + 4)
    if (size < 8 || !fields.holds(at, size)) {
      throw new EntryFault(`Mach-O: load command ${index + 1} lies behind the end`)
    }
    commands.get(fields.u32(at) & 0x7fff_ffff)?.(fields, at, size, into)
    at += size
  }
  return into
}

function segment(layout: {
  header: number
  section: number
  count: number
  wide: boolean
}): Command {
  return (fields, at, size, into) => {
    if (size < layout.header) return
    const fitting = Math.floor((size - layout.header) / layout.section)
    const count = Math.min(fields.u32(at + layout.count), fitting)
    for (let index = 0; index < count && into.sections.length < maxSections; index++) {
      const from = at + layout.header + index * layout.section
      const length = layout.wide ? fields.u64(from + 40) : fields.u32(from + 36)
      const start = fields.u32(from + (layout.wide ? 48 : 40))
      const flags = fields.u32(from + (layout.wide ? 64 : 56))
      if (zeroFilled.has(flags & 0xff) || length === 0 || !fields.holds(start, length)) continue
      into.sections.push({
        name: fields.name(from, 16),
        segment: fields.name(from + 16, 16),
        start,
        end: start + length,
        isCode: (flags & pureInstructions) !== 0,
      })
    }
  }
}

function symbolTable(fields: Fields, at: number, size: number, into: Gathering): void {
  if (size < 24) return
  const names = existing(range(fields, at + 16))[0]
  if (names === undefined) return
  into.symbols = { entries: fields.u32(at + 8), count: fields.u32(at + 12), names }
}

function library(fields: Fields, at: number, size: number, into: Gathering): void {
  const name = size < 24 ? size : fields.u32(at + 8)
  if (name < size) into.libraries.push(fields.name(at + name, size - name))
}

function encryption(fields: Fields, at: number, size: number, into: Gathering): void {
  if (size < 20 || fields.u32(at + 16) === 0) return
  const start = fields.u32(at + 8)
  into.encrypted = { start, end: start + fields.u32(at + 12) }
}

/** Rebase, bind, weak bind, lazy bind and export, each an offset and a size: the three in the middle have names. */
function dyldInfo(fields: Fields, at: number, size: number, into: Gathering): void {
  if (size < 48) return
  for (const pair of [16, 24, 32]) into.bindings.push(...existing(range(fields, at + pair)))
}

/** An offset and a size that follow one another. Undefined where there is nothing, or it lies outside. */
function range(fields: Fields, at: number): ByteRange | undefined {
  const [start, length] = [fields.u32(at), fields.u32(at + 4)]
  return length > 0 && fields.holds(start, length) ? { start, end: start + length } : undefined
}

function existing(found: ByteRange | undefined): ByteRange[] {
  return found === undefined ? [] : [found]
}
