import { EntryFault } from '../archive/entry.ts'
import { type ContentReader, maxProgramBytes } from '../content/content-reader.ts'
import type { Sink } from '../sink.ts'
import { Fields } from '../strings/fields.ts'
import { JoinedStrings } from '../strings/joined-strings.ts'
import { shortestOfData, textOfRuns } from '../strings/text-of-runs.ts'
import { findStringTable, type StringTable } from './hermes-string-table.ts'

const magic = Buffer.from('c61fbc03c103191f', 'hex')
/** The same, inverted: the form that is made for small updates. It is laid out alike. */
const deltaMagic = Buffer.from(magic.map((byte) => 0xff - byte))
/** Strings may share their characters. What comes to more than this many times what is stored is made to be slow. */
const maxExpansion = 8

/**
 * Bytecode of Hermes: JavaScript of React Native. A string with one character beyond ASCII is stored as UTF-16, where
 * no search for its bytes finds it. A file whose tables cannot be read is looked through for runs of text.
 */
export const hermesReader: ContentReader = {
  name: 'Hermes bytecode',
  maxBytes: maxProgramBytes,
  takes: (head) => {
    const first = head.subarray(0, magic.length)
    return first.equals(magic) || first.equals(deltaMagic)
  },
  read: (bytes, { path }, sink) => {
    try {
      tellStrings(new Fields(bytes, true, 'Hermes bytecode'), path, sink)
    } catch (error) {
      if (!(error instanceof EntryFault)) throw error
      sink.notChecked(path, `${error.message}; it was looked through for runs of text`)
      const whole = [{ start: magic.length, end: bytes.length }]
      textOfRuns(bytes, whole, shortestOfData, { path, source: 'script' }, sink)
    }
  },
}

function tellStrings(fields: Fields, path: string, sink: Sink): void {
  const { bytes } = fields
  const table = findStringTable(fields)
  const narrow = new JoinedStrings(sink, { path, source: 'script', encoding: 'latin1' })
  const wide = new JoinedStrings(sink, { path, source: 'script', encoding: 'utf16le' })
  let left = table.storageBytes * maxExpansion + 4096
  for (let index = 0; index < table.strings; index++) {
    const { start, end, isWide } = stringAt(fields, table, index)
    left -= end - start
    if (left < 0) throw new EntryFault('Hermes bytecode: its strings lie in each other')
    const into = isWide ? wide : narrow
    if (start < end) into.add(bytes, start, end)
  }
  narrow.flush()
  wide.flush()
}

function stringAt(
  fields: Fields,
  table: StringTable,
  index: number,
): { start: number; end: number; isWide: boolean } {
  const entry = fields.u32(table.small + index * 4)
  const isWide = (entry & 1) === 1
  let offset = (entry >>> 1) & 0x7fffff
  let length = entry >>> 24
  if (length === 0xff) {
    if (offset >= table.overflows) throw new EntryFault('Hermes bytecode: a long string is missing')
    const overflow = table.overflow + offset * 8
    offset = fields.u32(overflow)
    length = fields.u32(overflow + 4)
  }
  const end = offset + (isWide ? length * 2 : length)
  if (end > table.storageBytes) {
    throw new EntryFault('Hermes bytecode: a string lies outside of what is stored')
  }
  return { start: table.storage + offset, end: table.storage + end, isWide }
}
