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

/** Where a head may be: at each place of a needle, or so many bytes before it. */
type Anchor = {
  readonly needle: Buffer
  readonly back: number
  readonly headAt: (bytes: Buffer, offset: number) => Head | undefined
}

const anchors: readonly Anchor[] = [
  { needle: Buffer.from('30', 'hex'), back: 0, headAt: derHead },
  { needle: Buffer.from('feedfeed', 'hex'), back: 0, headAt: javaHead('jks') },
  { needle: Buffer.from('cececece', 'hex'), back: 0, headAt: javaHead('jceks') },
  { needle: Buffer.from('14', 'hex'), back: 7, headAt: bouncyCastleHead },
]

/** Behind each place, so many bytes are looked at one by one: asking for the next place costs as much. */
const stretchBytes = 16

/** The keys, certificates and keystores of some bytes, as far as first bytes tell. Linear whatever the bytes are. */
export class ContainerHeads {
  readonly #bytes: Buffer
  /** Of each anchor, the next one. Undefined: not looked for yet. */
  readonly #next: (Head | 'none' | undefined)[] = []

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The next one from this index on, which never falls from call to call. */
  from(index: number): Head | undefined {
    const bytes = this.#bytes
    // Always within PEM, so that it is all there is.
    if (index === 0 && has(bytes, 0, opensshMagic)) {
      return { kind: 'openssh', offset: 0, end: bytes.length }
    }
    let first: Head | undefined
    for (const [each, anchor] of anchors.entries()) {
      let next = this.#next[each]
      if (next === undefined || (next !== 'none' && next.offset < index)) {
        next = nextOf(anchor, bytes, index) ?? 'none'
        this.#next[each] = next
      }
      if (next !== 'none' && (first === undefined || next.offset < first.offset)) first = next
    }
    return first
  }
}

function nextOf({ needle, back, headAt }: Anchor, bytes: Buffer, from: number): Head | undefined {
  for (
    let at = placeFrom(needle, bytes, from + back);
    at >= 0;
    at = placeBehind(needle, bytes, at)
  ) {
    const head = headAt(bytes, at - back)
    if (head !== undefined) return head
  }
  return undefined
}

/** The next place of a needle, or -1. */
function placeBehind(needle: Buffer, bytes: Buffer, place: number): number {
  const first = needle[0]
  const end = Math.min(place + stretchBytes, bytes.length)
  for (let at = place + 1; at < end; at++) {
    if (bytes[at] === first && (needle.length === 1 || has(bytes, at, needle))) return at
  }
  return placeFrom(needle, bytes, end)
}

/** The processor has instructions for one byte, and Node goes by the first of several. */
function placeFrom(needle: Buffer, bytes: Buffer, from: number): number {
  return bytes.indexOf(needle.length === 1 ? (needle[0] as number) : needle, from)
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
  // Text is full of zeros written as digits: those end here.
  if (!beginsElement(bytes, at)) return undefined
  const header = headerAt(bytes, at)
  const kind = header === undefined ? undefined : kindOf(bytes, header.content)
  return kind === undefined || header === undefined
    ? undefined
    : { kind, offset: at, end: header.end }
}

/** A magic, and a version of 1 or 2. */
function javaHead(kind: 'jks' | 'jceks'): Anchor['headAt'] {
  return (bytes, offset) => {
    if (offset + 12 > bytes.length) return undefined
    const version = bytes.readUInt32BE(offset + 4)
    return version === 1 || version === 2 ? { kind, offset, end: bytes.length } : undefined
  }
}

/** A version of 1 or 2, and the length of a salt: 20. */
function bouncyCastleHead(bytes: Buffer, offset: number): Head | undefined {
  if (offset + 32 > bytes.length || bytes.readUInt32BE(offset + 4) !== 20) return undefined
  const version = bytes.readUInt32BE(offset)
  if (version !== 1 && version !== 2) return undefined
  return { kind: 'bks', offset, end: bytes.length }
}

const pkcs5Prefix = Buffer.from('2a864886f70d0105', 'hex')
const pkcs12Prefix = Buffer.from('2a864886f70d010c01', 'hex')
const sunPrefix = Buffer.from('2b060104012a02', 'hex')
const signedData = Buffer.from('06092a864886f70d010702', 'hex')
/** PKCS#7's signedAndEnvelopedData (RFC 2315 §11), as in the buttons of web shops: its certificates only sign. */
const sealedData = Buffer.from('06092a864886f70d010704', 'hex')
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
  const isMessage = has(bytes, at, signedData) || has(bytes, at, sealedData)
  return tag === 0x06 && isMessage ? 'signed-data' : undefined
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
