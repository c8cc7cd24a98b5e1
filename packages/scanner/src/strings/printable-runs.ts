/** Takes one run, from `start` to `end` in bytes. */
export type TakeRun = (start: number, end: number) => void

const continuation = 5

/**
 * By byte: 0 none of a text, 1 printable ASCII, tab and line ends, 2 to 4 what begins so many bytes of UTF-8, 5 what
 * may follow in them.
 */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if ((byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d) return 1
  if (byte >= 0x80 && byte <= 0xbf) return continuation
  if (byte >= 0xc2 && byte <= 0xdf) return 2
  if (byte >= 0xe0 && byte <= 0xef) return 3
  if (byte >= 0xf0 && byte <= 0xf4) return 4
  return 0
})

/** By the kind of a byte, and the byte behind it: 1 where no text holds both. */
const partedFrom = [0, 1, 2, 3, 4, continuation].map((kind) =>
  kinds.map((next) => {
    if (kind === 0 || next === 0) return 1
    if (kind === 1) return next === continuation ? 1 : 0
    return kind < continuation && next !== continuation ? 1 : 0
  }),
)
/** By two neighbours, the first one in the upper byte. */
const parted = new Uint8Array(1 << 16)
kinds.forEach((kind, first) => parted.set(partedFrom[kind] as Uint8Array, first << 8))

/**
 * Runs of printable ASCII and well-formed UTF-8 (RFC 3629) of at least so many bytes. Most of a binary is passed over
 * in steps of nearly that many: from the last byte that a run would have backwards, to the first pair that no text holds.
 */
export function utf8Runs(
  bytes: Buffer,
  from: number,
  to: number,
  minimumBytes: number,
  take: TakeRun,
): void {
  let at = from
  while (at + minimumBytes <= to) {
    const last = at + minimumBytes - 1
    if (kinds[bytes[last] as number] === 0) {
      at = last + 1
      continue
    }
    let pair = last
    while (
      pair > at &&
      parted[((bytes[pair - 1] as number) << 8) | (bytes[pair] as number)] === 0
    ) {
      pair--
    }
    if (pair > at) {
      at = pair
      continue
    }
    const end = endOfRun(bytes, at, to)
    if (end - at >= minimumBytes) take(at, end)
    at = end + 1
  }
}

function endOfRun(bytes: Buffer, from: number, to: number): number {
  let at = from
  while (at < to) {
    const kind = kinds[bytes[at] ?? 0] ?? 0
    if (kind === 1) at++
    else if (kind > 1 && kind < continuation && at + kind <= to && isUtf8(bytes, at, kind))
      at += kind
    else break
  }
  return at
}

function isUtf8(bytes: Buffer, at: number, length: number): boolean {
  for (let index = 1; index < length; index++) {
    if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return false
  }
  const first = bytes[at]
  const second = bytes[at + 1] ?? 0
  // RFC 3629 §4: neither overlong, nor surrogates, nor beyond U+10FFFF.
  if (first === 0xe0) return second >= 0xa0
  if (first === 0xed) return second <= 0x9f
  if (first === 0xf0) return second >= 0x90
  if (first === 0xf4) return second <= 0x8f
  return true
}

/**
 * Runs of printable ASCII as UTF-16LE (a zero after each), of at least so many characters, at odd and even offsets.
 * Other scripts in UTF-16 cannot be told from numbers here: readers that know their tables find those.
 */
export function utf16Runs(
  bytes: Buffer,
  from: number,
  to: number,
  minimumCharacters: number,
  take: TakeRun,
): void {
  const step = (minimumCharacters - 1) * 2
  let at = from
  let taken = from
  while (at + step < to) {
    // One of two neighbours within a run is a zero, and the other is not.
    const probe = at + step
    const isZeroSecond = bytes[probe] === 0
    if (isZeroSecond === (bytes[probe - 1] === 0)) {
      at += step
      continue
    }
    const middle = isZeroSecond ? probe - 1 : probe - 2
    if (!isPair(bytes, middle)) {
      at += step
      continue
    }
    let start = middle
    while (start >= taken + 2 && isPair(bytes, start - 2)) start -= 2
    let end = middle + 2
    while (end + 2 <= to && isPair(bytes, end)) end += 2
    if (end - start >= minimumCharacters * 2) {
      take(start, end)
      taken = end
    }
    at = end
  }
}

function isPair(bytes: Buffer, at: number): boolean {
  return bytes[at + 1] === 0 && kinds[bytes[at] ?? 0] === 1
}
