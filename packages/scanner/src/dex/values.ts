/** What is known of a register while a method is walked. Undefined: nothing. */
export type Value =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'number'; readonly number: number }
  | ArrayValue
  /** A StringBuilder while it is filled. */
  | { readonly kind: 'builder'; readonly parts: (Value | undefined)[] }
  /** What a StringBuilder came to. */
  | { readonly kind: 'joined'; readonly parts: readonly (Value | undefined)[] }
  /** The characters or bytes of a text. */
  | { readonly kind: 'characters'; readonly of: Value }
  | { readonly kind: 'field'; readonly owner: string; readonly name: string }
  /** What a method gave, or a constructor made, of its arguments: `owner->name`. */
  | { readonly kind: 'made'; readonly by: string; readonly of: readonly (Value | undefined)[] }

export type ArrayValue = {
  readonly kind: 'array'
  /** `[B`, `[Ljava/lang/String;` */
  readonly type: string
  /** Unit of the instruction that makes it. */
  readonly unit: number
  readonly elements: (Value | undefined)[]
  /** Little-endian, of all elements, where the code has them in one piece. */
  data?: { readonly bytes: Buffer; readonly width: number; readonly at: number }
}

/** Elements that are followed. More are made in one piece, or not by code. */
export const maxElements = 16_384

/** The text that a value certainly is, with its offset: a constant, or several of them joined. */
export function textOf(
  value: Value | undefined,
  depth = 4,
): { text: string; at: number } | undefined {
  if (value === undefined || depth === 0) return undefined
  if (value.kind === 'text') return value
  if (value.kind === 'characters') return textOf(value.of, depth - 1)
  if (value.kind === 'array') return charactersOf(value)
  if (value.kind !== 'builder' && value.kind !== 'joined') return undefined
  const parts = value.parts.map((part) => textOf(part, depth - 1))
  const [first] = parts
  if (first === undefined || parts.includes(undefined)) return undefined
  return { text: parts.map((part) => part?.text).join(''), at: first.at }
}

/** The bytes that a `byte[]` certainly is. */
export function bytesOf(value: ArrayValue): Buffer | undefined {
  if (value.type !== '[B') return undefined
  if (value.data !== undefined) return value.data.width === 1 ? value.data.bytes : undefined
  const { elements } = value
  if (elements.length === 0 || !elements.every((each) => each?.kind === 'number')) return undefined
  return Buffer.from(elements.map((each) => (each?.kind === 'number' ? each.number & 255 : 0)))
}

/** The text that a `char[]`, or a `byte[]` of ASCII, certainly is. */
function charactersOf(value: ArrayValue): { text: string; at: number } | undefined {
  const { type, data, elements } = value
  if (type === '[B') {
    const bytes = bytesOf(value)
    const text = bytes?.toString('latin1')
    if (text === undefined || !/^[\x20-\x7e]+$/.test(text)) return undefined
    return { text, at: data?.at ?? 0 }
  }
  if (type !== '[C') return undefined
  if (data !== undefined) {
    return data.width === 2 ? { text: data.bytes.toString('utf16le'), at: data.at } : undefined
  }
  if (elements.length === 0 || !elements.every((each) => each?.kind === 'number')) return undefined
  const units = elements.map((each) => (each?.kind === 'number' ? each.number : 0))
  return { text: String.fromCharCode(...units), at: 0 }
}
