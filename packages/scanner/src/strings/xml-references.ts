/** The five of XML 1.0 §4.6. Entities that a document declares itself are left as they stand: they can be made to grow. */
const predefined: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  gt: '>',
  lt: '<',
  quot: '"',
}

const reference = /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]{2,4}));/g
const lastCodePoint = 0x10ffff

/** Replaces references to characters (XML 1.0 §4.1) and to the predefined entities. What refers to nothing stays. */
export function resolveXmlReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(reference, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) {
      return Object.hasOwn(predefined, name) ? (predefined[name] ?? whole) : whole
    }
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return point <= lastCodePoint ? String.fromCodePoint(point) : whole
  })
}
