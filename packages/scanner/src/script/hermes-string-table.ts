import { EntryFault } from '../archive/entry.ts'
import type { Fields } from '../strings/fields.ts'

/** Where the strings of a file are (BytecodeFileFormat.h of Hermes): offsets in the file, all of them within it. */
export type StringTable = {
  readonly strings: number
  /** Four bytes each: one bit UTF-16, 23 offset, 8 length; a length of 255 points into the overflow table. */
  readonly small: number
  /** Eight bytes each: offset and length. */
  readonly overflow: number
  readonly overflows: number
  readonly storage: number
  readonly storageBytes: number
}

const headerBytes = 128
/** Of a function: sixteen at first, twelve since version 97 or so. */
const functionHeaderBytes = [16, 12]

/**
 * The fields up to the size of the string storage have not moved from version 62 to 99. Which size the headers of
 * functions have is told by the kinds behind them: they come to as many strings as there are.
 *
 * @throws EntryFault where no size fits
 */
export function findStringTable(fields: Fields): StringTable {
  const [functions, kinds, identifiers, strings, overflows, storageBytes] = [
    fields.u32(40),
    fields.u32(44),
    fields.u32(48),
    fields.u32(52),
    fields.u32(56),
    fields.u32(60),
  ]
  for (const size of functionHeaderBytes) {
    const kindsAt = headerBytes + functions * size
    if (!comeTo(strings, fields, kindsAt, kinds)) continue
    const small = kindsAt + kinds * 4 + identifiers * 4
    const overflow = small + strings * 4
    const storage = overflow + overflows * 8
    if (!fields.holds(storage, storageBytes)) continue
    return { strings, small, overflow, overflows, storage, storageBytes }
  }
  throw new EntryFault(`Hermes bytecode of version ${fields.u32(8)}, whose tables are not known`)
}

/** Kinds are lengths of runs; the highest bit of each, two in older versions, says which kind. */
function comeTo(strings: number, fields: Fields, at: number, kinds: number): boolean {
  if (kinds === 0 || !fields.holds(at, kinds * 4)) return false
  return [0x7fff_ffff, 0x3fff_ffff].some((mask) => {
    let sum = 0
    for (let index = 0; index < kinds; index++) sum += fields.u32(at + index * 4) & mask
    return sum === strings
  })
}
