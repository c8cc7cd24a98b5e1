import { opensshMagic } from './containers/openssh.ts'

/** What the first bytes of something promise. */
export type HeadKind =
  | 'certificate'
  | 'pkcs8'
  | 'pkcs1'
  | 'sec1'
  | 'sealed-pkcs8'
  | 'pkcs12'
  | 'bcfks'
  | 'signed-data'
  | 'jks'
  | 'jceks'
  | 'bks'
  | 'uber'
  | 'openssh'

export type Head = { readonly kind: HeadKind; readonly offset: number; readonly end: number }

/** What is looked at, by one byte of it: the first of a SEQUENCE, the rarest of a magic. */
const headReaders: ((bytes: Buffer, at: number) => Head | undefined)[] = []
headReaders[0x30] = derHead
headReaders[0xed] = (bytes, at) => javaHead(bytes, at - 3, 'jks', 0xfeedfeed)
headReaders[0xce] = (bytes, at) => javaHead(bytes, at - 3, 'jceks', 0xcececece)
headReaders[0x14] = (bytes, at) => bouncyCastleHead(bytes, at - 7)
const isAnchor = Uint8Array.from({ length: 256 }, (_, byte) => (headReaders[byte] ? 1 : 0))

/**
 * The next key, certificate or keystore from this index on, as far as first bytes tell; undefined where there is
 * none. One pass, and a bounded look around at each anchor: linear whatever the bytes are.
 */
export function nextHead(bytes: Buffer, from: number): Head | undefined {
  // Always within PEM, so that it is all there is.
  if (from === 0 && has(bytes, 0, opensshMagic)) {
    return { kind: 'openssh', offset: 0, end: bytes.length }
  }
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (isAnchor[byte] === 0) continue
    // Text is full of zeros written as digits: those end here.
    if (byte === 0x30 && !beginsElement(bytes, at)) continue
    const head = headReaders[byte]?.(bytes, at)
    if (head !== undefined && head.offset >= from) return head
  }
  return undefined
}

/** The first element of a SEQUENCE has one of the tags that `kindOf` knows. */
function beginsElement(bytes: Buffer, at: number): boolean {
  const first = bytes[at + 1] as number
  // Shorter than anything of interest, or a length that nobody writes.
  if (first < 20 || first > 0x83) return false
  const tag = bytes[at + 2 + (first > 0x80 ? first - 0x80 : 0)]
  return tag === 0x30 || tag === 0x02 || tag === 0x06
}

function derHead(bytes: Buffer, at: number): Head | undefined {
  const header = headerAt(bytes, at)
  const kind = header === undefined ? undefined : kindOf(bytes, header.content)
  return kind === undefined || header === undefined
    ? undefined
    : { kind, offset: at, end: header.end }
}

/** A magic, and a version of 1 or 2. */
function javaHead(bytes: Buffer, offset: number, kind: HeadKind, magic: number): Head | undefined {
  if (offset < 0 || offset + 12 > bytes.length || bytes.readUInt32BE(offset) !== magic)
    return undefined
  const version = bytes.readUInt32BE(offset + 4)
  return version === 1 || version === 2 ? { kind, offset, end: bytes.length } : undefined
}

/** A version of 1 or 2, and the length of a salt: 20. */
function bouncyCastleHead(bytes: Buffer, offset: number): Head | undefined {
  if (offset < 0 || offset + 32 > bytes.length || bytes.readUInt32BE(offset + 4) !== 20)
    return undefined
  const version = bytes.readUInt32BE(offset)
  if (version !== 1 && version !== 2) return undefined
  return { kind: 'bks', offset, end: bytes.length }
}

const pkcs5Prefix = Buffer.from('2a864886f70d0105', 'hex')
const pkcs12Prefix = Buffer.from('2a864886f70d010c01', 'hex')
const sunPrefix = Buffer.from('2b060104012a02', 'hex')
const signedData = Buffer.from('06092a864886f70d010702', 'hex')
const data = Buffer.from('06092a864886f70d010701', 'hex')
const pbes2 = Buffer.from('06092a864886f70d01050d', 'hex')

/** Indefinite lengths are of PKCS#12 and CMS alone; those end where their reader says. */
function headerAt(bytes: Buffer, at: number): { content: number; end: number } | undefined {
  const first = bytes[at + 1] ?? 0
  if (first === 0x80) return { content: at + 2, end: bytes.length }
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (lengthBytes > 3 || at + 2 + lengthBytes >= bytes.length) return undefined
  const content = at + 2 + lengthBytes
  const end = content + (lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes))
  return end <= bytes.length && end - content >= 20 ? { content, end } : undefined
}

function kindOf(bytes: Buffer, at: number): HeadKind | undefined {
  const tag = bytes[at]
  if (tag === 0x02) return keyKind(bytes, at)
  if (tag === 0x30) return kindOfNested(bytes, at)
  return tag === 0x06 && has(bytes, at, signedData) ? 'signed-data' : undefined
}

/** What begins with a version: `02 01 nn`. */
function keyKind(bytes: Buffer, at: number): HeadKind | undefined {
  if (bytes[at + 1] !== 1) return undefined
  const version = bytes[at + 2]
  const next = bytes[at + 3]
  const content = contentAt(bytes, at + 3)
  if (version === 3) return next === 0x30 && has(bytes, content, data) ? 'pkcs12' : undefined
  if (version === 1 && next === 0x04) return 'sec1'
  if (version !== 0 && version !== 1) return undefined
  if (next === 0x30) return bytes[content] === 0x06 ? 'pkcs8' : undefined
  // A modulus has 64 octets or more, and a length of two octets or three.
  return version === 0 && next === 0x02 && (bytes[at + 4] ?? 0) > 0x80 ? 'pkcs1' : undefined
}

function kindOfNested(bytes: Buffer, at: number): HeadKind | undefined {
  const inner = contentAt(bytes, at)
  const tag = bytes[inner]
  if (tag === 0xa0) {
    const isVersion = bytes[inner + 1] === 3 && bytes[inner + 2] === 2 && bytes[inner + 3] === 1
    return isVersion ? 'certificate' : undefined
  }
  if (tag === 0x02) {
    const serialBytes = bytes[inner + 1] ?? 0
    const next = inner + 2 + serialBytes
    // Version 1: serial number, then an algorithm. `openssl x509 -req` wrote such for two decades.
    const isAlgorithm = bytes[next] === 0x30 && bytes[next + 2] === 0x06
    return serialBytes >= 1 && serialBytes <= 32 && isAlgorithm ? 'certificate' : undefined
  }
  if (tag === 0x06) {
    const isSealing =
      has(bytes, inner + 2, pkcs5Prefix) ||
      has(bytes, inner + 2, pkcs12Prefix) ||
      has(bytes, inner + 2, sunPrefix)
    return isSealing ? 'sealed-pkcs8' : undefined
  }
  return tag === 0x30 && has(bytes, contentAt(bytes, inner), pbes2) ? 'bcfks' : undefined
}

/** Where the content of the element at this index begins, as far as its length is of a sane form. */
function contentAt(bytes: Buffer, at: number): number {
  const first = bytes[at + 1] ?? 0
  return at + 2 + (first <= 0x80 ? 0 : Math.min(first & 0x7f, 4))
}

function has(bytes: Buffer, at: number, expected: Buffer): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (bytes[at + index] !== expected[index]) return false
  }
  return true
}
