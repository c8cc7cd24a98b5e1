import { decodeMutf8 } from './mutf8.ts'

/** One DEX: its tables, each checked to lie within the file. What lies outside of a table reads as empty, and never throws. */
export type DexFile = {
  /** The whole entry. Offsets in tables are from `base`. */
  readonly bytes: Buffer
  readonly view: DataView
  readonly base: number
  readonly strings: Table
  readonly types: Table
  readonly prototypes: Table
  readonly fields: Table
  readonly methods: Table
  readonly classes: Table
  /** What reading may still cost, for all DEX of the entry together. */
  readonly budget: Budget
}

/**
 * Bytes and rows that may still be read. What lies in a file once costs once; only what tables name again and again, or
 * what they make of each other's bytes, spends it. Then the rest is left out.
 */
export type Budget = {
  tableBytes: number
  nameBytes: number
  members: number
  /** Of code that is run over. */
  codeBytes: number
  /** Of code that is walked with its registers: a hundredth or so of a real app. */
  walkedBytes: number
}

function budgetOf({ length }: Buffer): Budget {
  return {
    tableBytes: length,
    nameBytes: 4 * length,
    members: length,
    codeBytes: 2 * length + 64 * 1024,
    walkedBytes: 4 * 1024 * 1024,
  }
}

/** Rows of one size, from an absolute offset. */
export type Table = { readonly offset: number; readonly count: number }

const headerBytes = 0x70
/** The container of version 041 has container_size and header_offset behind the rest. */
const containerHeaderBytes = 0x78

/** In one container. The largest apps have some dozens. */
const maxFiles = 512

/** Instructions name types, fields and methods by 16 bits: rows beyond are never used. */
const named = 0x1_00_00

const tables = {
  strings: { at: 0x38, rowBytes: 4, most: 0xff_ff_ff_ff },
  types: { at: 0x40, rowBytes: 4, most: named },
  prototypes: { at: 0x48, rowBytes: 12, most: named },
  fields: { at: 0x50, rowBytes: 8, most: named },
  methods: { at: 0x58, rowBytes: 8, most: named },
  classes: { at: 0x60, rowBytes: 32, most: named },
} as const

/**
 * Every DEX of an entry: one up to version 040, all of a container from 041 on, where several headers share what
 * lies behind the last. A table that does not fit is told, and read as far as it does.
 *
 * Not checked: checksum and signature, whether tables are sorted, and whether offsets in rows lead anywhere.
 * Source: source.android.com/docs/core/runtime/dex-format
 */
export function openDexFiles(bytes: Buffer, told: (why: string) => void): DexFile[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const files: DexFile[] = []
  const budget = budgetOf(bytes)
  for (let header = 0; header + headerBytes <= bytes.length; ) {
    if (files.length === maxFiles) {
      told(`more than ${maxFiles} DEX in one container: the rest was not read`)
      break
    }
    if (bytes.toString('latin1', header, header + 4) !== 'dex\n') {
      told(`no DEX header where the container has the next one, at byte ${header}`)
      break
    }
    if (view.getUint32(header + 0x28, true) === 0x12345678) {
      files.push(openDexFile(bytes, view, header, budget, told))
    } else {
      told(`the DEX at byte ${header} is not little-endian`)
    }
    const isContainer = view.getUint32(header + 0x24, true) >= containerHeaderBytes
    const size = view.getUint32(header + 0x20, true)
    if (!isContainer || size < containerHeaderBytes) break
    header += size
  }
  if (bytes.length < headerBytes) told(`a DEX of ${bytes.length} bytes, which no header fits in`)
  return files
}

function openDexFile(
  bytes: Buffer,
  view: DataView,
  header: number,
  budget: Budget,
  told: (why: string) => void,
): DexFile {
  // Offsets count from the beginning of the container. Where they point before the header, some writer let them
  // count from there.
  const base = view.getUint32(header + tables.strings.at + 4, true) < header ? header : 0
  const table = (name: keyof typeof tables): Table => {
    const { at, rowBytes, most } = tables[name]
    const count = view.getUint32(header + at, true)
    const offset = base + view.getUint32(header + at + 4, true)
    const left = Math.min(bytes.length - offset, budget.tableBytes)
    const fitting = Math.max(0, Math.min(count, most, Math.floor(left / rowBytes)))
    budget.tableBytes -= fitting * rowBytes
    if (fitting < count) told(`of the table of ${name}, ${fitting} rows of ${count} were read`)
    return { offset, count: fitting }
  }
  return {
    bytes,
    view,
    base,
    budget,
    strings: table('strings'),
    types: table('types'),
    prototypes: table('prototypes'),
    fields: table('fields'),
    methods: table('methods'),
    classes: table('classes'),
  }
}

/** Longer strings are no names, and are cut. */
const maxNameBytes = 64 * 1024

export function stringAt(dex: DexFile, index: number): string {
  if (index >= dex.strings.count || dex.budget.nameBytes < 0) return ''
  const start = stringStart(dex, index)
  let end = start
  let isAscii = true
  for (const limit = Math.min(dex.bytes.length, start + maxNameBytes); end < limit; end++) {
    const byte = dex.bytes[end] as number
    if (byte === 0) break
    if (byte >= 0x80) isAscii = false
  }
  dex.budget.nameBytes -= end - start
  return isAscii ? dex.bytes.toString('latin1', start, end) : decodeMutf8(dex.bytes, start, end)
}

/** Descriptor: `Lcom/bank/Tls;`, `[B`, `I`. */
export function typeAt(dex: DexFile, index: number): string {
  if (index >= dex.types.count) return ''
  return stringAt(dex, dex.view.getUint32(dex.types.offset + index * 4, true))
}

/** Where the bytes of a string begin, behind utf16_size: that one is not needed, and not to be trusted. */
export function stringStart(dex: DexFile, index: number): number {
  let start = dex.base + dex.view.getUint32(dex.strings.offset + index * 4, true)
  for (let length = 0; length < 5; length++) if ((dex.bytes[start++] ?? 0) < 0x80) break
  return start
}
