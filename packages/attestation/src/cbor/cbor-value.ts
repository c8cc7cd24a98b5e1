/** An integer is a number where a number holds it exactly, otherwise a bigint. */
export type CborKey = string | number | bigint
export type CborMap = ReadonlyMap<CborKey, CborValue>
export type CborValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Buffer
  | readonly CborValue[]
  | CborMap

export const isCborMap = (value: CborValue | undefined): value is CborMap => value instanceof Map
export const isCborArray = (value: CborValue | undefined): value is readonly CborValue[] =>
  Array.isArray(value)

/** What kind of item it is, for a person. */
export function cborKind(value: CborValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Buffer.isBuffer(value)) return `${value.length} bytes`
  if (isCborMap(value)) return `a map of ${value.size}`
  if (isCborArray(value)) return `an array of ${value.length}`
  return typeof value === 'string' ? 'text' : typeof value
}
