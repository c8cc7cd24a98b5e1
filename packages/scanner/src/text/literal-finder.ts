/** A text to look for. ASCII, at least three characters. */
export type Literal<Value> = {
  readonly literal: string
  /** Found in capitals too. Default: false. */
  readonly anyCase?: boolean
  readonly value: Value
}

/** Calls `found` for each literal at each place, in the order of the text. */
export type LiteralFinder<Value> = (
  text: string,
  found: (index: number, value: Value) => void,
) => void

const shortest = 3

/**
 * Finds hundreds of literals in one pass (Wu and Manber, A fast algorithm for multi-pattern searching, 1994): the
 * last two of the next three characters tell how far no literal can begin. Characters are looked up by seven bits:
 * what collides is told apart afterwards.
 */
export function literalFinder<Value>(literals: readonly Literal<Value>[]): LiteralFinder<Value> {
  const shifts = new Uint8Array(1 << 14).fill(shortest - 1)
  const bucketOf = new Uint16Array(1 << 14)
  const buckets: Literal<Value>[][] = []
  for (const each of literals) {
    if (each.literal.length < shortest)
      throw new TypeError(`${each.literal} is too short to look for`)
    const isAnyCase = each.anyCase === true
    const literal = isAnyCase ? { ...each, literal: each.literal.toLowerCase() } : each
    for (const [first, second, third] of fronts(literal.literal, isAnyCase)) {
      const front = pairOf(first, second)
      const pair = pairOf(second, third)
      shifts[front] = Math.min(shifts[front] as number, 1)
      shifts[pair] = 0
      const slot = slotOf(first, second, third)
      if (bucketOf[slot] === 0) bucketOf[slot] = buckets.push([])
      const bucket = buckets[(bucketOf[slot] as number) - 1] as Literal<Value>[]
      if (!bucket.includes(literal)) bucket.push(literal)
    }
  }
  const tables = { shifts, bucketOf }
  return (text, found) => {
    // Nested calls are for what was just found, which is short: they make one of their own.
    const codes = spareCodes ?? Buffer.allocUnsafeSlow(windowCharacters)
    spareCodes = undefined
    for (let from = 0; from + shortest <= text.length; from += windowCharacters - overlap) {
      const count = codes.write(text.slice(from, from + windowCharacters), 'latin1')
      let at = nextFront(tables, codes, shortest - 1, count)
      while (at < count) {
        const start = at - overlap
        const slot = slotOf(codes[start] as number, codes[at - 1] as number, codes[at] as number)
        for (const each of buckets[(bucketOf[slot] as number) - 1] ?? []) {
          if (standsAt(text, from + start, each)) found(from + start, each.value)
        }
        at = nextFront(tables, codes, at + 1, count)
      }
    }
    spareCodes = codes
  }
}

/** Characters of a text are looked at as bytes, so many at a time: there they cost a third. */
const windowCharacters = 32 * 1024
/** With the next window: no front of a literal lies across their border. */
const overlap = shortest - 1
let spareCodes: Buffer | undefined

/** `bucketOf`: one more than the index of the bucket; 0: there is none. */
type Tables = { readonly shifts: Uint8Array; readonly bucketOf: Uint16Array }

/**
 * Where the next front of a literal ends, from `at` on; `count` or more: nowhere. Apart from the finders, so that it is
 * compiled once for all of them.
 */
function nextFront(
  { shifts, bucketOf }: Tables,
  codes: Buffer,
  from: number,
  count: number,
): number {
  let at = from
  while (at < count) {
    const second = codes[at - 1] as number
    const third = codes[at] as number
    const shift = shifts[pairOf(second, third)] as number
    if (shift > 0) {
      at += shift
      continue
    }
    if (bucketOf[slotOf(codes[at - overlap] as number, second, third)] !== 0) break
    at += 1
  }
  return at
}

type Front = readonly [first: number, second: number, third: number]

/** The codes of the first three characters; in each way to write them, where case does not matter. */
function fronts(literal: string, isAnyCase: boolean): Front[] {
  const ways = [0, 1, 2].map((at) => {
    const character = literal.charAt(at)
    const forms = isAnyCase ? [character, character.toUpperCase()] : [character]
    return [...new Set(forms)].map((form) => form.charCodeAt(0))
  })
  const [firsts, seconds, thirds] = ways as [number[], number[], number[]]
  return firsts.flatMap((first) =>
    seconds.flatMap((second) => thirds.map((third): Front => [first, second, third])),
  )
}

function standsAt(text: string, index: number, { literal, anyCase }: Literal<unknown>): boolean {
  if (anyCase !== true) return text.startsWith(literal, index)
  return text.slice(index, index + literal.length).toLowerCase() === literal
}

function pairOf(first: number, second: number): number {
  return ((first & 127) << 7) | (second & 127)
}

function slotOf(first: number, second: number, third: number): number {
  return ((first & 127) << 6) ^ pairOf(second, third)
}
