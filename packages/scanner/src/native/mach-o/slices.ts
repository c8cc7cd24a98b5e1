import { EntryFault } from '../../archive/entry.ts'
import type { ByteRange } from '../../strings/byte-range.ts'
import { Fields } from '../../strings/fields.ts'

/** One architecture of a file. Offsets in it are from its own beginning. */
export type Slice = {
  /** `arm64`, or the number of one that has no name here. */
  readonly architecture: string
  readonly fields: Fields
  readonly is64: boolean
  /** Where it begins in the entry. */
  readonly offset: number
}

const fatMagic = 0xcafebabe
const fatMagic64 = 0xcafebabf
/** A class of Java begins with the same four bytes, and then has a version of at least 45. */
const maxArchitectures = 32

/** By its first four bytes: width and byte order. */
const thinMagics: ReadonlyMap<number, { is64: boolean; isLittleEndian: boolean }> = new Map([
  [0xfeedface, { is64: false, isLittleEndian: false }],
  [0xfeedfacf, { is64: true, isLittleEndian: false }],
  [0xcefaedfe, { is64: false, isLittleEndian: true }],
  [0xcffaedfe, { is64: true, isLittleEndian: true }],
])

const architectures: ReadonlyMap<number, string> = new Map([
  [7, 'i386'],
  [12, 'armv7'],
  [0x0100_0007, 'x86_64'],
  [0x0100_000c, 'arm64'],
  [0x0200_000c, 'arm64_32'],
])

export function isMachO(head: Buffer): boolean {
  if (head.length < 28) return false
  const magic = head.readUInt32BE(0)
  if (magic !== fatMagic && magic !== fatMagic64) return thinMagics.has(magic)
  const count = head.readUInt32BE(4)
  return count > 0 && count <= maxArchitectures
}

/**
 * Every architecture of a file, fat or thin.
 *
 * @param told is told of those that lie behind the end, or in one another
 * @param other takes those that are something else: archives of static libraries
 */
export function slicesOf(
  bytes: Buffer,
  told: (why: string) => void,
  other: (range: ByteRange) => void,
): Slice[] {
  const magic = bytes.readUInt32BE(0)
  if (magic !== fatMagic && magic !== fatMagic64) return [sliceAt(bytes, 0, bytes.length)]
  const fields = new Fields(bytes, false, 'Mach-O')
  const isWide = magic === fatMagic64
  const slices: Slice[] = []
  const read: ByteRange[] = []
  for (let index = 0; index < fields.u32(4); index++) {
    const at = 8 + index * (isWide ? 32 : 20)
    const start = isWide ? fields.u64(at + 8) : fields.u32(at + 8)
    const length = isWide ? fields.u64(at + 16) : fields.u32(at + 12)
    const end = start + length
    if (!fields.holds(start, length)) {
      told(`Mach-O: architecture ${index + 1} lies behind the end`)
    } else if (read.some((each) => start < each.end && each.start < end)) {
      told(`Mach-O: architecture ${index + 1} lies in another one`)
    } else if (isThin(bytes.subarray(start, end))) {
      slices.push(sliceAt(bytes, start, length))
    } else {
      other({ start, end })
    }
    read.push({ start, end })
  }
  return slices
}

function isThin(slice: Buffer): boolean {
  return slice.length >= 28 && thinMagics.has(slice.readUInt32BE(0))
}

function sliceAt(bytes: Buffer, offset: number, length: number): Slice {
  const slice = bytes.subarray(offset, offset + length)
  const { is64, isLittleEndian } = formOf(slice)
  const fields = new Fields(slice, isLittleEndian, 'Mach-O')
  const cpu = fields.u32(4)
  return { architecture: architectures.get(cpu) ?? `cpu ${cpu}`, fields, is64, offset }
}

function formOf(slice: Buffer): { is64: boolean; isLittleEndian: boolean } {
  const form = thinMagics.get(slice.readUInt32BE(0))
  if (form === undefined) throw new EntryFault('Mach-O of an unknown kind')
  return form
}
