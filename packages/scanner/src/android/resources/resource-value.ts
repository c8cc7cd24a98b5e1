/** A value as the platform keeps it: of an attribute in compiled XML, or of a resource. */
export type ResourceValue =
  | { readonly kind: 'string'; readonly text: string }
  /** Of a resource: by id, by `type/name`, or both. Id 0 and no name is `@null`. */
  | { readonly kind: 'reference'; readonly id: number; readonly name?: string }
  | { readonly kind: 'boolean'; readonly isTrue: boolean }
  /** Decimal, hexadecimal, or a colour. Signed, 32 bits. */
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  /** Several values under one name: an array, a style, a plural. They are not read. */
  | { readonly kind: 'bag' }
  /** Undefined, empty, an attribute of the theme, a dimension, a fraction. */
  | { readonly kind: 'other'; readonly type: number; readonly data: number }

/** `Res_value::dataType` (ResourceTypes.h). */
export const valueTypes = {
  reference: 0x01,
  string: 0x03,
  float: 0x04,
  dynamicReference: 0x07,
  firstInteger: 0x10,
  boolean: 0x12,
  lastInteger: 0x1f,
} as const

const float = new DataView(new ArrayBuffer(4))

/** @param text what the string of an index is */
export function resourceValue(
  type: number,
  data: number,
  text: (index: number) => string | undefined,
): ResourceValue {
  if (type === valueTypes.string) return { kind: 'string', text: text(data) ?? '' }
  if (type === valueTypes.reference || type === valueTypes.dynamicReference) {
    return { kind: 'reference', id: data }
  }
  if (type === valueTypes.boolean) return { kind: 'boolean', isTrue: data !== 0 }
  if (type === valueTypes.float) {
    float.setUint32(0, data)
    return { kind: 'float', value: float.getFloat32(0) }
  }
  if (type >= valueTypes.firstInteger && type <= valueTypes.lastInteger) {
    return { kind: 'integer', value: data | 0 }
  }
  return { kind: 'other', type, data }
}

/** As a person would write it: `@0x7f030001`, `true`, `12`. */
export function valueText(value: ResourceValue): string {
  if (value.kind === 'string') return value.text
  if (value.kind === 'boolean') return String(value.isTrue)
  if (value.kind === 'integer' || value.kind === 'float') return String(value.value)
  if (value.kind === 'reference') {
    return `@${value.name ?? `0x${value.id.toString(16).padStart(8, '0')}`}`
  }
  return ''
}
