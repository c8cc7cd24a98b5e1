import { decodeMutf8 } from '../dex/mutf8.ts'

/** A compiled Java class, as far as the scanner looks into it. */
export type ClassFile = {
  /** Internal names: `com/bank/Tls$1`. */
  readonly name: string
  readonly superName: string
  /** Every text of the constant pool, and where its bytes lie. */
  readonly texts: readonly { readonly start: number; readonly end: number }[]
  /** Methods that its code refers to, of any class, by their index in the pool. */
  readonly references: ReadonlyMap<
    number,
    { readonly owner: string; readonly name: string; readonly descriptor: string }
  >
  readonly methods: readonly ClassMethod[]
  /** The name of a class by its index in the pool; empty where there is none. */
  readonly classAt: (index: number) => string
}

export type ClassMethod = {
  readonly name: string
  readonly descriptor: string
  readonly isStatic: boolean
  /** Where its instructions lie. Undefined: abstract or native. */
  readonly code:
    | { readonly start: number; readonly end: number; readonly attributeEnd: number }
    | undefined
}

/** From `start` to before `end`, in bytes of the code. `type` is an internal name; empty: everything is caught. */
export type Handler = { readonly start: number; readonly end: number; readonly type: string }

/** Bytes behind the tag; those of a text follow its length. Long and double take two places. */
const entryBytes: Readonly<Record<number, number>> = {
  3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2,
} // biome-ignore format: a table
const tagText = 1
const tagClass = 7
const methodTags = new Set([10, 11])

/** From class files of Java 1.0.2 on. A universal Mach-O begins alike, and has fewer architectures than that. */
const firstMajorVersion = 45

export function isClassFile(head: Buffer): boolean {
  return (
    head.length >= 10 &&
    head.readUInt32BE(0) === 0xcafebabe &&
    head.readUInt16BE(6) >= firstMajorVersion
  )
}

/**
 * Reads the constant pool and the methods. Source: JVMS §4.
 *
 * @throws RangeError where the file ends too early, or an entry is of no known kind
 */
export function readClassFile(bytes: Buffer): ClassFile {
  const pool = readPool(bytes)
  const { at: header, entries } = pool
  const decoded = new Map<number, string>()
  const textAt = (index: number): string => {
    const at = entries[index]
    if (at === undefined || bytes[at] !== tagText) return ''
    const known = decoded.get(at)
    if (known !== undefined) return known
    const text = decodeMutf8(bytes, at + 3, at + 3 + bytes.readUInt16BE(at + 1))
    decoded.set(at, text)
    return text
  }
  const classAt = (index: number): string => {
    const at = entries[index]
    return at !== undefined && bytes[at] === tagClass ? textAt(bytes.readUInt16BE(at + 1)) : ''
  }
  const texts: { start: number; end: number }[] = []
  const references = new Map<number, { owner: string; name: string; descriptor: string }>()
  for (const [index, at] of entries.entries()) {
    if (at === undefined) continue
    const tag = bytes[at] as number
    if (tag === tagText) texts.push({ start: at + 3, end: at + 3 + bytes.readUInt16BE(at + 1) })
    if (!methodTags.has(tag)) continue
    const nameAndType = entries[bytes.readUInt16BE(at + 3)]
    if (nameAndType === undefined || bytes[nameAndType] !== 12) continue
    const name = textAt(bytes.readUInt16BE(nameAndType + 1))
    const descriptor = textAt(bytes.readUInt16BE(nameAndType + 3))
    references.set(index, { owner: classAt(bytes.readUInt16BE(at + 1)), name, descriptor })
  }
  return {
    name: classAt(bytes.readUInt16BE(header + 2)),
    superName: classAt(bytes.readUInt16BE(header + 4)),
    texts,
    references,
    methods: readMethods(bytes, header + 6, textAt),
    classAt,
  }
}

/** @returns where each entry begins, by index, and where what follows the pool does */
function readPool(bytes: Buffer): {
  readonly at: number
  readonly entries: (number | undefined)[]
} {
  const count = bytes.readUInt16BE(8)
  const entries: (number | undefined)[] = [undefined]
  let at = 10
  while (entries.length < count) {
    const tag = bytes.readUInt8(at)
    entries.push(at)
    const size = tag === tagText ? 2 + bytes.readUInt16BE(at + 1) : entryBytes[tag]
    if (size === undefined) throw new RangeError(`a constant of kind ${tag} at byte ${at}`)
    at += 1 + size
    if (tag === 5 || tag === 6) entries.push(undefined)
  }
  if (at > bytes.length) throw new RangeError('the constant pool ends beyond the file')
  return { at, entries }
}

function readMethods(
  bytes: Buffer,
  interfaces: number,
  textAt: (index: number) => string,
): ClassMethod[] {
  let at = interfaces + 2 + bytes.readUInt16BE(interfaces) * 2
  const fields = bytes.readUInt16BE(at)
  at += 2
  for (let left = fields; left > 0; left--) at = skipAttributes(bytes, at + 6, () => {})
  const methods: ClassMethod[] = []
  const count = bytes.readUInt16BE(at)
  at += 2
  for (let left = count; left > 0; left--) {
    const name = textAt(bytes.readUInt16BE(at + 2))
    const descriptor = textAt(bytes.readUInt16BE(at + 4))
    const isStatic = (bytes.readUInt16BE(at) & staticFlag) !== 0
    let code: ClassMethod['code']
    at = skipAttributes(bytes, at + 6, (attribute, start) => {
      if (textAt(attribute) !== 'Code') return
      // max_stack and max_locals stand before the length.
      const end = start + 8 + bytes.readUInt32BE(start + 4)
      code = { start: start + 8, end, attributeEnd: start + bytes.readUInt32BE(start - 4) }
    })
    methods.push({ name, descriptor, isStatic, code })
  }
  return methods
}

const staticFlag = 0x0008

/** The exception table, behind the code: as much of it as lies in the attribute. */
export function handlersOf(
  { classAt }: ClassFile,
  bytes: Buffer,
  { code }: ClassMethod,
): Handler[] {
  if (code === undefined || code.end + 2 > bytes.length) return []
  const end = Math.min(code.attributeEnd, bytes.length)
  const fitting = Math.max(0, Math.floor((end - code.end - 2) / 8))
  const length = Math.min(bytes.readUInt16BE(code.end), fitting)
  return Array.from({ length }, (_, index) => {
    const row = code.end + 2 + index * 8
    const type = bytes.readUInt16BE(row + 6)
    return {
      start: bytes.readUInt16BE(row),
      end: bytes.readUInt16BE(row + 2),
      type: type === 0 ? '' : classAt(type) || '?',
    }
  })
}

function skipAttributes(
  bytes: Buffer,
  from: number,
  each: (name: number, start: number) => void,
): number {
  let at = from + 2
  for (let left = bytes.readUInt16BE(from); left > 0; left--) {
    each(bytes.readUInt16BE(at), at + 6)
    at += 6 + bytes.readUInt32BE(at + 2)
  }
  return at
}
