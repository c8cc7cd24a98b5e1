/**
 * Modified UTF-8 of DEX and class files: NUL is C0 80, and each half of a surrogate pair has three bytes of its own.
 * Malformed bytes stand for themselves, as latin1: nothing is lost, and nothing throws.
 *
 * Source: source.android.com/docs/core/runtime/dex-format#mutf-8, JVMS §4.4.7.
 */
export function decodeMutf8(bytes: Buffer, start: number, end: number): string {
  let text = ''
  let units: number[] = []
  for (let at = start; at < end; ) {
    const first = bytes[at] ?? 0
    const second = at + 1 < end ? (bytes[at + 1] ?? 0) : 0
    const third = at + 2 < end ? (bytes[at + 2] ?? 0) : 0
    if (first >> 5 === 0b110 && second >> 6 === 0b10) {
      units.push(((first & 0x1f) << 6) | (second & 0x3f))
      at += 2
    } else if (first >> 4 === 0b1110 && second >> 6 === 0b10 && third >> 6 === 0b10) {
      units.push(((first & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f))
      at += 3
    } else {
      units.push(first)
      at += 1
    }
    if (units.length === 4096) {
      text += String.fromCharCode(...units)
      units = []
    }
  }
  return text + String.fromCharCode(...units)
}

/** Bytes that the characters from `start` up to before `end` take in modified UTF-8. */
export function mutf8Bytes(text: string, start: number, end: number): number {
  let bytes = 0
  for (let at = start; at < end && at < text.length; at++) bytes += unitBytes(text.charCodeAt(at))
  return bytes
}

function unitBytes(unit: number): number {
  if (unit === 0 || (unit > 0x7f && unit <= 0x7ff)) return 2
  return unit <= 0x7f ? 1 : 3
}
