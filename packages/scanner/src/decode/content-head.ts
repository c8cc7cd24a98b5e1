/** What bytes that came out of a decoder may be. */
export type ContentHead = {
  /** As in a blob's `by`. */
  readonly name: 'DER' | 'keystore' | 'gzip' | 'zlib' | 'zip' | 'key file' | 'text'
  /** Of the whole, where the head says it. */
  readonly wholeBytes?: number
}

/** How much of the front of a blob `contentHead` looks at, in bytes. */
export const headBytes = 24

/**
 * Tells by the first bytes whether a blob is worth a look, so that the many things that merely look like base64
 * (names, hashes, pictures) cost nothing. Undefined: it is not.
 *
 * @param head the first `headBytes`, or all
 */
export function contentHead(head: Buffer): ContentHead | undefined {
  if (head.length < 16) return undefined
  if (head[0] === 0x30) return derHead(head)
  for (const [name, magic] of magics) {
    if (head.subarray(0, magic.length).equals(magic)) return { name }
  }
  if (isZlib(head)) return { name: 'zlib' }
  return head.every(isPrintable) ? { name: 'text' } : undefined
}

const magics: readonly (readonly [ContentHead['name'], Buffer])[] = [
  ['keystore', Buffer.from('feedfeed000000', 'hex')], // JKS
  ['keystore', Buffer.from('cececece000000', 'hex')], // JCEKS
  ['keystore', Buffer.from('0000000200000014', 'hex')], // BKS, with a salt of 20 bytes
  ['keystore', Buffer.from('0000000100000014', 'hex')], // BKS version 1, UBER
  ['gzip', Buffer.from('1f8b08', 'hex')],
  ['zip', Buffer.from('504b0304', 'hex')],
  ['key file', Buffer.from('openssh-key-v1\0')],
  ['text', Buffer.from('-----BEGIN ')],
]

/** A SEQUENCE whose first element is one that keys, certificates, PKCS#7, PKCS#12 and their wrappings begin with. */
function derHead(head: Buffer): ContentHead | undefined {
  const first = head[1] as number
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  // 0x80 is BER's indefinite length, which PKCS#12 of older tools has.
  if (lengthBytes > 3) return undefined
  if (!startsElement(head.readUInt16BE(2 + lengthBytes))) return undefined
  if (first === 0x80) return { name: 'DER' }
  const length = lengthBytes === 0 ? first : head.readUIntBE(2, lengthBytes)
  const isShortest = lengthBytes === 0 || length >= Math.max(0x80, 1 << (8 * (lengthBytes - 1)))
  return isShortest ? { name: 'DER', wholeBytes: 2 + lengthBytes + length } : undefined
}

/** @param element its tag and the first byte of its length */
function startsElement(element: number): boolean {
  const tag = element >> 8
  const length = element & 0xff
  if (tag === 0x02) return length === 1 // a version
  if (tag === 0x06) return length >= 3 && length <= 16 // what a PKCS#7 message is
  return tag === 0x30 && length >= 5 && length <= 0x83
}

/** RFC 1950 §2.2: deflate with a window of 32 KB, no dictionary, and a header that divides by 31. */
function isZlib(head: Buffer): boolean {
  return head[0] === 0x78 && ((head[1] as number) & 0x20) === 0 && head.readUInt16BE(0) % 31 === 0
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09
}
