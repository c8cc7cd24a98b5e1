import {
  derBoolean,
  derContext,
  derElement,
  derInteger,
  derSequence,
  derUtf8,
} from '@sallyport/pki'

/** A file with these architectures (mach-o/fat.h), each at a page of its own. */
export function fatOf(slices: readonly Buffer[]): Buffer {
  const page = 16_384
  const head = Buffer.alloc(page)
  head.writeUInt32BE(0xcafebabe)
  head.writeUInt32BE(slices.length, 4)
  const parts = [head]
  let offset = page
  for (const [index, slice] of slices.entries()) {
    const at = 8 + index * 20
    const cpu = slice.readUInt32LE(4)
    for (const [field, value] of [cpu, 0, offset, slice.length, 14].entries()) {
      head.writeUInt32BE(value, at + field * 4)
    }
    const padded = Buffer.alloc(Math.ceil(slice.length / page) * page)
    slice.copy(padded)
    parts.push(padded)
    offset += padded.length
  }
  return Buffer.concat(parts)
}

/** Where the first load command of this number is, in a 64-bit file. */
export function commandAt(bytes: Buffer, number: number): number {
  let at = 32
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    if ((bytes.readUInt32LE(at) & 0x7fff_ffff) === number) return at
    at += bytes.readUInt32LE(at + 4)
  }
  throw new Error(`no load command ${number}`)
}

/** The same, marked as the App Store marks what it encrypts, with its text made unreadable. */
export function encrypted(program: Buffer): Buffer {
  const bytes = Buffer.from(program)
  const at = commandAt(bytes, 0x2c)
  const [start, length] = [bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12)]
  bytes.writeUInt32LE(1, at + 16)
  for (let index = start; index < start + length; index++) bytes[index] = (index * 197) & 0xff
  return bytes
}

export type Entitlements = Readonly<Record<string, boolean | string | readonly string[]>>

/** The same with another signature, that nobody made: a CodeDirectory, and entitlements in these forms. */
export function signed(
  program: Buffer,
  entitlements: { readonly xml?: Entitlements; readonly der?: Entitlements },
): Buffer {
  const blobs: [number, Buffer][] = [[0, codeDirectory('com.example.bank', 'TEAM123456')]]
  const { xml, der } = entitlements
  if (xml !== undefined) blobs.push([5, blobOf(0xfade7171, Buffer.from(xmlOf(xml)))])
  if (der !== undefined) blobs.push([7, blobOf(0xfade7172, derOf(der))])
  const head = Buffer.alloc(12 + blobs.length * 8)
  let offset = head.length
  for (const [index, [slot, blob]] of blobs.entries()) {
    head.writeUInt32BE(slot, 12 + index * 8)
    head.writeUInt32BE(offset, 16 + index * 8)
    offset += blob.length
  }
  head.writeUInt32BE(0xfade0cc0)
  head.writeUInt32BE(offset, 4)
  head.writeUInt32BE(blobs.length, 8)
  const bytes = Buffer.from(program)
  const at = commandAt(bytes, 0x1d)
  bytes.writeUInt32LE(program.length, at + 8)
  bytes.writeUInt32LE(offset, at + 12)
  return Buffer.concat([bytes, head, ...blobs.map(([, blob]) => blob)])
}

function blobOf(magic: number, content: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(magic)
  head.writeUInt32BE(8 + content.length, 4)
  return Buffer.concat([head, content])
}

function codeDirectory(identifier: string, team: string): Buffer {
  const fixed = 52
  const head = Buffer.alloc(fixed - 8)
  head.writeUInt32BE(0x20400, 0)
  head.writeUInt32BE(fixed, 12)
  head.writeUInt32BE(fixed + identifier.length + 1, 40)
  return blobOf(0xfade0c02, Buffer.concat([head, Buffer.from(`${identifier}\0${team}\0`)]))
}

function xmlOf(entitlements: Entitlements): string {
  const members = Object.entries(entitlements).map(([key, value]) => {
    if (typeof value === 'boolean') return `<key>${key}</key><${value}/>`
    if (typeof value === 'string') return `<key>${key}</key><string>${value}</string>`
    return `<key>${key}</key><array>${value.map((item) => `<string>${item}</string>`).join('')}</array>`
  })
  return `<?xml version="1.0"?><plist version="1.0"><dict>${members.join('')}</dict></plist>`
}

function derOf(entitlements: Entitlements): Buffer {
  const pairs = Object.entries(entitlements).map(([key, value]) => {
    if (typeof value === 'boolean') return derSequence(derUtf8(key), derBoolean(value))
    if (typeof value === 'string') return derSequence(derUtf8(key), derUtf8(value))
    return derSequence(derUtf8(key), derSequence(...value.map((item) => derUtf8(item))))
  })
  return derElement(16 * 8 + 3, derInteger(1), derContext(16, ...pairs))
}
