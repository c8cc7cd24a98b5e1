import { CborError } from './cbor-error.ts'
import { type CborMap, type CborValue, cborKind, isCborArray, isCborMap } from './cbor-value.ts'

/*
 * What a member of a structure must be. `what` names it for a person. All throw CborError.
 */

export function cborMap(value: CborValue | undefined, what: string): CborMap {
  if (!isCborMap(value)) throw wrong(what, 'a map', value)
  return value
}

export function cborArray(value: CborValue | undefined, what: string): readonly CborValue[] {
  if (!isCborArray(value)) throw wrong(what, 'a list', value)
  return value
}

export function cborBytes(value: CborValue | undefined, what: string): Buffer {
  if (!Buffer.isBuffer(value)) throw wrong(what, 'bytes', value)
  return value
}

export function cborText(value: CborValue | undefined, what: string): string {
  if (typeof value !== 'string') throw wrong(what, 'text', value)
  return value
}

function wrong(what: string, expected: string, found: CborValue | undefined): CborError {
  return new CborError(`${what}: expected ${expected}, found ${cborKind(found)}`, 0)
}
