/** HPACK without a dynamic table and without Huffman coding (RFC 7541): enough to ask, and to see a 200. */

/** Fields of the static table, as one byte each (RFC 7541 §6.1, appendix A). */
const indexed = { ':method GET': 0x82, ':scheme https': 0x87, ':status 200': 0x88 } as const

/** The header block of a GET request over https. Names are lower-case. */
export function headerBlock(
  authority: string,
  path: string,
  fields: readonly (readonly [name: string, value: string])[],
): Buffer {
  return Buffer.concat([
    Buffer.from([indexed[':method GET'], indexed[':scheme https']]),
    literal(':authority', authority),
    literal(':path', path),
    ...fields.map(([name, value]) => literal(name, value)),
  ])
}

/** A literal field without indexing, its name a literal too (RFC 7541 §6.2.2). */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), stringLiteral(name), stringLiteral(value)])
}

function stringLiteral(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([prefixedInteger(bytes.length), bytes])
}

/** An integer with a prefix of seven bits, the eighth zero (RFC 7541 §5.1). */
export function prefixedInteger(value: number): Buffer {
  if (value < 127) return Buffer.from([value])
  const bytes = [127]
  let rest = value - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}

/**
 * Whether an answer's header block begins with `:status: 200` from the static table, as every encoder
 * here writes it, after changes of the table's size (RFC 7541 §6.3).
 */
export function beginsWithStatus200(block: Buffer): boolean {
  let at = 0
  while (((block[at] ?? 0) & 0xe0) === 0x20) {
    // The size is an integer with a prefix of five bits; 31 means that more bytes follow.
    const hasMore = ((block[at++] ?? 0) & 0x1f) === 0x1f
    if (hasMore) while ((block[at++] ?? 0) >= 128);
  }
  return block[at] === indexed[':status 200']
}
