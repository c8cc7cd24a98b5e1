import { crc32, deflateRawSync } from 'node:zlib'

export type MadeEntry = {
  readonly name: string | Buffer
  readonly bytes?: Buffer | string
  /** 0 stored, 8 deflated (the default); any other is written as it is told, and its bytes stored. */
  readonly method?: number
  readonly flags?: number
  readonly extra?: Buffer
  /** What the headers say otherwise than it is. */
  readonly says?: Partial<Said>
  readonly saysLocally?: Partial<Said> & { readonly name?: string | Buffer }
  /** Left out of the directory. */
  readonly isHidden?: boolean
  /** Sizes and checksum behind the bytes instead of before them. */
  readonly hasDescriptor?: boolean
  /** In zip64 fields, whatever the sizes. */
  readonly isZip64?: boolean
}

type Said = { method: number; crc: number; compressedBytes: number; bytes: number; offset: number }

export type MadeArchive = {
  readonly comment?: Buffer
  /** Put before the archive, which does not know of it. */
  readonly before?: Buffer
  /** Put between the entries and the directory, as a signing block is. */
  readonly beforeDirectory?: Buffer
  readonly says?: { readonly count?: number; readonly directoryBytes?: number }
  readonly isZip64?: boolean
}

/** An archive as it should be, or in any way not. */
export function makeZip(entries: readonly MadeEntry[], archive: MadeArchive = {}): Buffer {
  const body: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  const put = (...parts: Buffer[]) => {
    for (const part of parts) {
      body.push(part)
      at += part.length
    }
  }
  for (const entry of entries) {
    const bytes = Buffer.from(entry.bytes ?? '')
    const method = entry.method ?? 8
    const packed = method === 8 ? deflateRawSync(bytes) : bytes
    const said: Said = {
      method,
      crc: crc32(bytes),
      compressedBytes: packed.length,
      bytes: bytes.length,
      offset: at,
      ...entry.says,
    }
    const name = Buffer.from(entry.name)
    put(localHeader(entry, said), packed)
    if (entry.hasDescriptor) {
      put(numbers(4, 0x08074b50, said.crc, said.compressedBytes, said.bytes))
    }
    if (!entry.isHidden) directory.push(directoryRecord(entry, said, name))
  }
  put(archive.beforeDirectory ?? Buffer.alloc(0))
  const offset = at
  put(...directory)
  const count = archive.says?.count ?? directory.length
  const length = archive.says?.directoryBytes ?? at - offset
  if (archive.isZip64) {
    const end64 = at
    put(
      numbers(4, 0x06064b50),
      numbers(8, 44),
      numbers(2, 45, 45),
      numbers(4, 0, 0),
      numbers(8, count, count, length, offset),
      numbers(4, 0x07064b50, 0),
      numbers(8, end64),
      numbers(4, 1),
    )
  }
  const comment = archive.comment ?? Buffer.alloc(0)
  const narrow = (value: number, bytes: 2 | 4) =>
    archive.isZip64 ? 256 ** bytes - 1 : Math.min(value, 256 ** bytes - 1)
  put(
    numbers(4, 0x06054b50),
    numbers(2, 0, 0, narrow(count, 2), narrow(count, 2)),
    numbers(4, narrow(length, 4), narrow(offset, 4)),
    numbers(2, comment.length),
    comment,
  )
  return Buffer.concat([archive.before ?? Buffer.alloc(0), ...body])
}

function localHeader(entry: MadeEntry, directorySaid: Said): Buffer {
  const { name: _, ...saysLocally } = entry.saysLocally ?? {}
  const none = entry.hasDescriptor ? { crc: 0, compressedBytes: 0, bytes: 0 } : {}
  const said = { ...directorySaid, ...none, ...saysLocally }
  const name = Buffer.from(entry.saysLocally?.name ?? entry.name)
  const extra = Buffer.concat([
    entry.isZip64 ? zip64Field(said.bytes, said.compressedBytes) : Buffer.alloc(0),
    entry.extra ?? Buffer.alloc(0),
  ])
  return Buffer.concat([
    numbers(4, 0x04034b50),
    numbers(2, 20, flagsOf(entry), said.method, 0, 0x21),
    numbers(4, said.crc, ...sizes(entry, said)),
    numbers(2, name.length, extra.length),
    name,
    extra,
  ])
}

function directoryRecord(entry: MadeEntry, said: Said, name: Buffer): Buffer {
  const extra = Buffer.concat([
    entry.isZip64 ? zip64Field(said.bytes, said.compressedBytes, said.offset) : Buffer.alloc(0),
    entry.extra ?? Buffer.alloc(0),
  ])
  return Buffer.concat([
    numbers(4, 0x02014b50),
    numbers(2, 20, 20, flagsOf(entry), said.method, 0, 0x21),
    numbers(4, said.crc, ...sizes(entry, said)),
    numbers(2, name.length, extra.length, 0, 0, 0),
    numbers(4, 0, entry.isZip64 ? 0xffffffff : said.offset),
    name,
    extra,
  ])
}

function sizes(entry: MadeEntry, said: Said): [number, number] {
  return entry.isZip64 ? [0xffffffff, 0xffffffff] : [said.compressedBytes, said.bytes]
}

function flagsOf(entry: MadeEntry): number {
  return (entry.flags ?? 0x800) | (entry.hasDescriptor ? 8 : 0)
}

function zip64Field(...values: number[]): Buffer {
  return Buffer.concat([numbers(2, 1, values.length * 8), numbers(8, ...values)])
}

/** Little end first. */
export function numbers(bytes: 2 | 4 | 8, ...values: number[]): Buffer {
  const made = Buffer.alloc(bytes * values.length)
  for (const [index, value] of values.entries()) {
    if (bytes === 8) made.writeBigUInt64LE(BigInt(value), index * 8)
    else made.writeUIntLE(value, index * bytes, bytes)
  }
  return made
}
