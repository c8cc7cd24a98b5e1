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
}

/** Rows of one size, from an absolute offset. */
export type Table = { readonly offset: number; readonly count: number }

const headerBytes = 0x70
/** The container of version 041 has container_size and header_offset behind the rest. */
const containerHeaderBytes = 0x78

const tables = {
  strings: { at: 0x38, rowBytes: 4 },
  types: { at: 0x40, rowBytes: 4 },
  prototypes: { at: 0x48, rowBytes: 12 },
  fields: { at: 0x50, rowBytes: 8 },
  methods: { at: 0x58, rowBytes: 8 },
  classes: { at: 0x60, rowBytes: 32 },
} as const

/**
 * Every DEX of an entry: one up to version 040, all of a container from 041 on, where several headers share what
 * lies behind the last. A table that does not fit is told, and empty.
 *
 * Not checked: checksum and signature, whether tables are sorted, and whether offsets in rows lead anywhere.
 * Source: source.android.com/docs/core/runtime/dex-format
 */
export function openDexFiles(bytes: Buffer, told: (why: string) => void): DexFile[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const files: DexFile[] = []
  for (let header = 0; header + headerBytes <= bytes.length; ) {
    if (bytes.toString('latin1', header, header + 4) !== 'dex\n') {
      told(`no DEX header where the container has the next one, at byte ${header}`)
      break
    }
    if (view.getUint32(header + 0x28, true) === 0x12345678) {
      files.push(openDexFile(bytes, view, header, told))
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
  told: (why: string) => void,
): DexFile {
  // Offsets count from the beginning of the container. Where they point before the header, some writer let them
  // count from there.
  const base = view.getUint32(header + tables.strings.at + 4, true) < header ? header : 0
  const table = (name: keyof typeof tables): Table => {
    const { at, rowBytes } = tables[name]
    const count = view.getUint32(header + at, true)
    const offset = base + view.getUint32(header + at + 4, true)
    if (offset + count * rowBytes <= bytes.length) return { offset, count }
    told(`the table of ${name} (${count} from byte ${offset}) lies beyond the end of the file`)
    const fitting = Math.floor((bytes.length - offset) / rowBytes)
    return { offset, count: Math.max(0, fitting) }
  }
  return {
    bytes,
    view,
    base,
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
  if (index >= dex.strings.count) return ''
  const start = stringStart(dex, index)
  let end = start
  let isAscii = true
  for (const limit = Math.min(dex.bytes.length, start + maxNameBytes); end < limit; end++) {
    const byte = dex.bytes[end] as number
    if (byte === 0) break
    if (byte >= 0x80) isAscii = false
  }
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
