import type { DexClass } from './dex-classes.ts'
import { type DexFile, stringAt } from './dex-file.ts'
import { Leb128Cursor } from './leb128.ts'

const valueString = 0x17
const valueNull = 0x1e
const valueBoolean = 0x1f
/** Arrays and annotations: what stands behind one is not read. */
const nested = new Set([0x1c, 0x1d])

/** `static final String PASSWORD = "changeit"`: the texts of static fields, by field id. */
export function* staticTexts(
  dex: DexFile,
  { staticValues, staticFields }: DexClass,
): Generator<{ readonly field: number; readonly text: string }> {
  if (staticValues === 0 || staticValues >= dex.bytes.length) return
  const cursor = new Leb128Cursor(dex.bytes, staticValues)
  const count = cursor.next()
  for (const field of staticFields.slice(0, count)) {
    const head = dex.bytes[cursor.at++]
    if (head === undefined) return
    const type = head & 31
    if (nested.has(type)) return
    const size = type === valueNull || type === valueBoolean ? 0 : (head >> 5) + 1
    if (type === valueString && size <= 4 && cursor.at + size <= dex.bytes.length) {
      yield { field, text: stringAt(dex, dex.bytes.readUIntLE(cursor.at, size)) }
    }
    cursor.at += size
  }
}
