/** What is known of a register while a method is walked. Undefined: nothing. */
export type Value =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'number'; readonly number: number }
  | ArrayValue
  /** A StringBuilder while it is filled. */
  | { readonly kind: 'builder'; readonly parts: (Value | undefined)[] }
  /** What a StringBuilder came to: so many of its parts, since it may be filled further. */
  | {
      readonly kind: 'joined'
      readonly parts: readonly (Value | undefined)[]
      readonly count: number
    }
  /** The characters or bytes of a text. */
  | { readonly kind: 'characters'; readonly of: Value }
  | { readonly kind: 'field'; readonly owner: string; readonly name: string }
  /** What a method gave, or a constructor made, of its arguments: `owner->name`. */
  | { readonly kind: 'made'; readonly by: string; readonly of: readonly (Value | undefined)[] }

export type ArrayValue = {
  readonly kind: 'array'
  /** `[B`, `[Ljava/lang/String;` */
  readonly type: string
  /** By index; what is not there is 0 or null. */
  readonly elements: (Value | undefined)[]
  readonly length: number
  /** Something unknown was put into it. */
  isUnknown: boolean
  /** Little-endian, of all elements, where the code has them in one piece. */
  data?: { readonly bytes: Buffer; readonly width: number; readonly at: number }
}

/** Elements that are followed. More are made in one piece, or not by code. */
export const maxElements = 16_384
/** Longer texts are not put together. */
const maxTextLength = 16_384

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
  let text = ''
  let at: number | undefined
  const parts = value.kind === 'joined' ? value.parts.slice(0, value.count) : value.parts
  for (const part of parts) {
    const each = textOf(part, depth - 1)
    if (each === undefined || text.length + each.text.length > maxTextLength) return undefined
    at ??= each.at
    text += each.text
  }
  return at === undefined ? undefined : { text, at }
}

/** The bytes that a `byte[]` certainly is. */
export function bytesOf(value: ArrayValue): Buffer | undefined {
  if (value.type !== '[B') return undefined
  if (value.data !== undefined) return value.data.width === 1 ? value.data.bytes : undefined
  const numbers = numbersOf(value)
  return numbers === undefined ? undefined : Buffer.from(numbers.map((each) => each & 255))
}

/** The text that a `char[]`, or a `byte[]` of ASCII, certainly is. */
function charactersOf(value: ArrayValue): { text: string; at: number } | undefined {
  const { type, data } = value
  if ((data?.bytes.length ?? 0) > maxTextLength) return undefined
  const at = data?.at ?? 0
  if (type === '[B') {
    const text = bytesOf(value)?.toString('latin1')
    return text !== undefined && /^[\x20-\x7e]+$/.test(text) ? { text, at } : undefined
  }
  if (type !== '[C') return undefined
  if (data !== undefined) {
    return data.width === 2 ? { text: data.bytes.toString('utf16le'), at } : undefined
  }
  const units = numbersOf(value)
  return units === undefined ? undefined : { text: String.fromCharCode(...units), at }
}

/** @returns undefined where some are unknown, or most were never put */
function numbersOf({ elements, length, isUnknown }: ArrayValue): number[] | undefined {
  const put = elements.filter((each) => each !== undefined).length
  if (isUnknown || put === 0 || put < length / 2) return undefined
  return Array.from({ length }, (_, index) => {
    const each = elements[index]
    return each?.kind === 'number' ? each.number : 0
  })
}
