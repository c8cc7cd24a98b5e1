import type { DexFile } from './dex-file.ts'
import { Leb128Cursor } from './leb128.ts'

/** A class as its file defines it. Indexes of types and fields may lie beyond their tables. */
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

/** Every class with its methods, as far as the budget goes. */
export function* classesOf(dex: DexFile): Generator<DexClass> {
  const { view, base, budget } = dex
  for (let row = 0; row < dex.classes.count && budget.members > 0; row++) {
    const at = dex.classes.offset + row * 32
    const data = view.getUint32(at + 24, true)
    const staticValues = view.getUint32(at + 28, true)
    budget.members--
    yield {
      type: view.getUint32(at, true),
      superclass: view.getUint32(at + 8, true),
      staticValues: staticValues === 0 ? 0 : base + staticValues,
      ...(data === 0 ? { staticFields: [], methods: [] } : membersOf(dex, base + data)),
    }
  }
}

/** Of one kind, of one class: more are not named. */
const maxMembers = 0x1_00_00

function membersOf(dex: DexFile, at: number): Pick<DexClass, 'staticFields' | 'methods'> {
  const cursor = new Leb128Cursor(dex.bytes, at)
  const count = () => Math.min(cursor.next(), maxMembers)
  const counts = [count(), count(), count(), count()] as const
  const staticFields: number[] = []
  const methods: DexMethod[] = []
  const within = () => dex.budget.members-- > 0 && cursor.at < dex.bytes.length
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
      if (id < dex.methods.count) methods.push({ id, code: code === 0 ? 0 : dex.base + code })
    }
  }
  return { staticFields, methods }
}
