/**
 * A tag as one number, so that an expectation is one comparison: eight times the tag number, plus
 * twice the class (0 universal, 1 application, 2 context, 3 private), plus 1 where constructed.
 */
export type Tag = number

const universal = (number: number): Tag => number * 8
const constructed = (number: number): Tag => number * 8 + 1

export const tags = {
  boolean: universal(1),
  integer: universal(2),
  bitString: universal(3),
  octetString: universal(4),
  null: universal(5),
  oid: universal(6),
  enumerated: universal(10),
  utf8String: universal(12),
  sequence: constructed(16),
  set: constructed(17),
  printableString: universal(19),
  teletexString: universal(20),
  ia5String: universal(22),
  utcTime: universal(23),
  generalizedTime: universal(24),
  bmpString: universal(30),
} as const

/** `[number]` around other elements (EXPLICIT, or IMPLICIT of a SEQUENCE or SET). */
export const contextConstructed = (number: number): Tag => number * 8 + 5
/** `[number] IMPLICIT` of something primitive. */
export const contextPrimitive = (number: number): Tag => number * 8 + 4

export const isContext = (tag: Tag): boolean => ((tag >> 1) & 3) === 2
export const isConstructed = (tag: Tag): boolean => (tag & 1) === 1
export const tagNumber = (tag: Tag): number => tag >> 3

const names = new Map<Tag, string>(Object.entries(tags).map(([name, tag]) => [tag, name]))

/** A tag for an error message: `sequence`, `[3]`. */
export function tagName(tag: Tag): string {
  const known = names.get(tag)
  if (known !== undefined) return known
  const form = isConstructed(tag) ? '' : ' primitive'
  return isContext(tag)
    ? `[${tagNumber(tag)}]${form}`
    : `tag ${tagNumber(tag)} class ${(tag >> 1) & 3}${form}`
}
