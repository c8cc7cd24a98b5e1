import type { DexFile } from './dex-file.ts'
import { Leb128Cursor } from './leb128.ts'

/** A class as its file defines it. Indexes of types and methods may lie beyond their tables. */
export type DexClass = {
  readonly type: number
  /** 0xffffffff: none. */
  readonly superclass: number
  /** Absolute; 0: none. */
  readonly staticValues: number
  /** In order of field ids. */
  readonly staticFields: readonly number[]
  readonly methods: readonly DexMethod[]
}

export type DexMethod = {
  readonly id: number
  /** Absolute offset of its code. 0: abstract or native. */
  readonly code: number
}

/** Work that reading a file may take: what tables name again and again is not read for ever. */
export type Budget = { left: number }

/**
 * Every class with its methods.
 *
 * @param budget of members, for all classes together
 */
export function* classesOf(dex: DexFile, budget: Budget): Generator<DexClass> {
  const { view, base } = dex
  for (let row = 0; row < dex.classes.count && budget.left > 0; row++) {
    const at = dex.classes.offset + row * 32
    const data = view.getUint32(at + 24, true)
    const staticValues = view.getUint32(at + 28, true)
    budget.left--
    yield {
      type: view.getUint32(at, true),
      superclass: view.getUint32(at + 8, true),
      staticValues: staticValues === 0 ? 0 : base + staticValues,
      ...(data === 0 ? { staticFields: [], methods: [] } : membersOf(dex, base + data, budget)),
    }
  }
}

function membersOf(
  dex: DexFile,
  at: number,
  budget: Budget,
): Pick<DexClass, 'staticFields' | 'methods'> {
  const cursor = new Leb128Cursor(dex.bytes, at)
  const counts = [cursor.next(), cursor.next(), cursor.next(), cursor.next()] as const
  const staticFields: number[] = []
  const methods: DexMethod[] = []
  const within = () => budget.left-- > 0 && cursor.at < dex.bytes.length
  let field = 0
  for (let left = counts[0]; left > 0 && within(); left--) {
    staticFields.push((field += cursor.next()))
    cursor.next()
  }
  for (let left = counts[1]; left > 0 && within(); left--) {
    cursor.next()
    cursor.next()
  }
  for (const count of [counts[2], counts[3]]) {
    let id = 0
    for (let left = count; left > 0 && within(); left--) {
      id += cursor.next()
      cursor.next()
      const code = cursor.next()
      methods.push({ id, code: code === 0 ? 0 : dex.base + code })
    }
  }
  return { staticFields, methods }
}
