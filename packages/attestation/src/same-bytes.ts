import { timingSafeEqual } from 'node:crypto'

/** Whether two byte strings are equal, in a time that tells their lengths and nothing more. */
export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
