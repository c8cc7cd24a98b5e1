import type { ByteRange } from '../../strings/byte-range.ts'
import { type ResourceValue, resourceValue, valueTypes } from '../resources/resource-value.ts'
import { type Field, fieldOf, fieldsOf, textOf } from './wire.ts'

// Fields of aapt.pb.Item and what it holds (AOSP frameworks/base tools/aapt2/Resources.proto).
const item = { reference: 1, string: 2, rawString: 3, styledString: 4, file: 5, primitive: 7 }
const stringLike = new Set([item.string, item.rawString, item.styledString, item.file])
const reference = { type: 1, id: 2, name: 3 }

/** Wire number of a primitive → type of `Res_value`. */
const primitiveTypes: Readonly<Record<number, number>> = {
  1: 0x00, // null
  2: 0x00, // empty
  3: valueTypes.float,
  6: 0x10, // decimal
  7: 0x11, // hexadecimal
  8: valueTypes.boolean,
  9: 0x1c, // colours
  10: 0x1d,
  11: 0x1e,
  12: 0x1f,
  13: 0x05, // dimension
  14: 0x06, // fraction
}

/** A value of a bundle: an attribute's, or a resource's. */
export function itemValue(bytes: Buffer, range: ByteRange, faults: Set<string>): ResourceValue {
  let value: ResourceValue = { kind: 'other', type: 0, data: 0 }
  for (const field of fieldsOf(bytes, range, faults)) {
    if (stringLike.has(field.number)) {
      value = { kind: 'string', text: stringOf(bytes, field.range, faults).text }
    }
    if (field.number === item.reference) value = referenceOf(bytes, field.range, faults)
    if (field.number === item.primitive) {
      for (const primitive of fieldsOf(bytes, field.range, faults)) value = primitiveOf(primitive)
    }
  }
  return value
}

/** The text of an item that is a string, and where it lies. */
export function itemString(
  bytes: Buffer,
  range: ByteRange,
  faults: Set<string>,
): { readonly text: string; readonly offset: number } | undefined {
  for (const field of fieldsOf(bytes, range, faults)) {
    if (stringLike.has(field.number)) return stringOf(bytes, field.range, faults)
  }
  return undefined
}

/** String, RawString, StyledString and FileReference have theirs in field 1. */
function stringOf(bytes: Buffer, range: ByteRange, faults: Set<string>) {
  const field = fieldOf(bytes, range, 1, faults)
  return field === undefined
    ? { text: '', offset: range.start }
    : { text: textOf(bytes, field.range), offset: field.range.start }
}

function referenceOf(bytes: Buffer, range: ByteRange, faults: Set<string>): ResourceValue {
  let id = 0
  let name: string | undefined
  let isOfTheme = false
  for (const field of fieldsOf(bytes, range, faults)) {
    if (field.number === reference.type) isOfTheme = field.value !== 0
    if (field.number === reference.id) id = field.value
    if (field.number === reference.name) name = textOf(bytes, field.range).replace(/^.*:/, '')
  }
  if (isOfTheme) return { kind: 'other', type: 0x02, data: id }
  return { kind: 'reference', id, ...(name === undefined ? {} : { name }) }
}

function primitiveOf({ number, value }: Field): ResourceValue {
  return resourceValue(primitiveTypes[number] ?? 0, value, () => undefined)
}
