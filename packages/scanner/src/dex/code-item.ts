import type { DexFile } from './dex-file.ts'
import { Leb128Cursor } from './leb128.ts'

/** The code of one method; all of it lies within the file. */
export type CodeItem = {
  readonly registers: number
  /** How many of the registers, the last ones, hold the arguments (with `this`). */
  readonly argumentRegisters: number
  readonly tries: number
  /** Absolute, in bytes. */
  readonly start: number
  readonly end: number
}

/** @returns undefined where it does not fit in the file */
export function codeItemAt(dex: DexFile, offset: number): CodeItem | undefined {
  const { view, bytes } = dex
  if (offset === 0 || offset + 16 > bytes.length) return undefined
  const start = offset + 16
  const end = start + view.getUint32(offset + 12, true) * 2
  if (end > bytes.length) return undefined
  return {
    registers: view.getUint16(offset, true),
    argumentRegisters: view.getUint16(offset + 2, true),
    tries: view.getUint16(offset + 6, true),
    start,
    end,
  }
}

/** Pays for reading the code once more. */
export function affords(
  { budget }: DexFile,
  { start, end }: CodeItem,
  by: 'codeBytes' | 'walkedBytes',
): boolean {
  budget[by] -= end - start
  return budget[by] > 0
}

/** Instructions from `first` on, before `last` (units from the start), and where each type of exception is handled. */
export type TryBlock = {
  readonly first: number
  readonly last: number
  readonly handlers: readonly { readonly type: number | 'any'; readonly unit: number }[]
}

const maxHandlers = 64

/** The try blocks of a method. What lies behind the end of the file is left out. */
export function tryBlocksOf(dex: DexFile, code: CodeItem): TryBlock[] {
  const { view, bytes } = dex
  // Aligned to four bytes, as the item itself is.
  const table = code.end + (((code.end - code.start) / 2) % 2) * 2
  const lists = table + code.tries * 8
  const blocks: TryBlock[] = []
  for (let each = 0; each < code.tries; each++) {
    const at = table + each * 8
    if (at + 8 > bytes.length) break
    const first = view.getUint32(at, true)
    const cursor = new Leb128Cursor(bytes, lists + view.getUint16(at + 6, true))
    const size = signedLeb128(cursor)
    const handlers: { type: number | 'any'; unit: number }[] = []
    for (let left = Math.min(Math.abs(size), maxHandlers); left > 0; left--) {
      handlers.push({ type: cursor.next(), unit: cursor.next() })
    }
    if (size <= 0) handlers.push({ type: 'any', unit: cursor.next() })
    blocks.push({ first, last: first + view.getUint16(at + 4, true), handlers })
  }
  return blocks
}

function signedLeb128(cursor: Leb128Cursor): number {
  const before = cursor.at
  const value = cursor.next()
  const bits = (cursor.at - before) * 7
  return bits < 32 && (value & (1 << (bits - 1))) !== 0 ? value - 2 ** bits : value | 0
}
