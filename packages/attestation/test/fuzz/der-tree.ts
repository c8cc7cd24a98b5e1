/** An element of DER that can be changed: with children, or with the content of a primitive one. */
export type DerNode = {
  /** The octets of the tag. */
  tag: Buffer
  /** What stands before the children inside: the octet of unused bits, of a BIT STRING. */
  readonly prefix: Buffer
  content: Buffer
  children: DerNode[] | undefined
}

const maxDepth = 40
const bitString = 0x03
const octetString = 0x04

/** Elements one after another, or undefined where the bytes are no DER to their end. */
export function readNodes(bytes: Buffer, depth = 0): DerNode[] | undefined {
  const nodes: DerNode[] = []
  for (let at = 0; at < bytes.length; ) {
    const head = readHead(bytes, at)
    if (head === undefined || depth > maxDepth) return undefined
    const content = bytes.subarray(head.from, head.to)
    nodes.push(readNode(bytes.subarray(at, head.tagEnd), content, depth))
    at = head.to
  }
  return nodes
}

function readNode(tag: Buffer, content: Buffer, depth: number): DerNode {
  const first = tag.readUInt8(0)
  // Keys, signatures and extensions hide DER in strings.
  const prefix = first === bitString ? content.subarray(0, 1) : Buffer.alloc(0)
  const mayHold = (first & 0x20) !== 0 || first === bitString || first === octetString
  const inside = mayHold ? readNodes(content.subarray(prefix.length), depth + 1) : undefined
  const isEmpty = inside?.length === 0 && (first & 0x20) === 0
  return { tag, prefix, content, children: isEmpty ? undefined : inside }
}

function readHead(bytes: Buffer, at: number) {
  let tagEnd = at + 1
  if ((bytes.readUInt8(at) & 0x1f) === 0x1f) {
    while (tagEnd < bytes.length && bytes.readUInt8(tagEnd) >= 0x80) tagEnd++
    tagEnd++
  }
  if (tagEnd >= bytes.length) return undefined
  const short = bytes.readUInt8(tagEnd)
  const count = short < 0x80 ? 0 : short & 0x7f
  if (short === 0x80 || count > 3 || tagEnd + 1 + count > bytes.length) return undefined
  const length = count === 0 ? short : bytes.readUIntBE(tagEnd + 1, count)
  const from = tagEnd + 1 + count
  return from + length > bytes.length ? undefined : { tagEnd, from, to: from + length }
}

export function writeNode(node: DerNode): Buffer {
  const { tag, prefix, children } = node
  const content =
    children === undefined ? node.content : Buffer.concat([prefix, ...children.map(writeNode)])
  return Buffer.concat([tag, writeLength(content.length), content])
}

function writeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const octets = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3
  const bytes = Buffer.alloc(1 + octets, 0x80 | octets)
  bytes.writeUIntBE(length, 1, octets)
  return bytes
}

/** Every element with the list that it stands in, outer ones first. */
export function* walk(
  siblings: DerNode[],
): Generator<{ node: DerNode; siblings: DerNode[]; at: number }> {
  for (const [at, node] of siblings.entries()) {
    yield { node, siblings, at }
    if (node.children !== undefined) yield* walk(node.children)
  }
}
