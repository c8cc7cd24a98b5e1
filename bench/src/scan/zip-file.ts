import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

/** An entry of a well-formed archive, as its central directory says (APPNOTE.TXT §4.3.12). */
export type ZipEntry = {
  readonly name: Buffer
  readonly method: number
  readonly crc: number
  readonly compressedSize: number
  readonly size: number
  /** Of its local header. */
  readonly offset: number
}

/** A well-formed archive without zip64, such as build tools make; nothing is checked. */
export class ZipFile {
  readonly entries: readonly ZipEntry[]
  readonly #fd: number

  constructor(file: string) {
    this.#fd = openSync(file, 'r')
    this.entries = this.#directory()
  }

  close(): void {
    closeSync(this.#fd)
  }

  compressed({ offset, compressedSize }: ZipEntry): Buffer {
    const header = this.#read(offset, 30)
    return this.#read(
      offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28),
      compressedSize,
    )
  }

  inflated(entry: ZipEntry): Buffer {
    const bytes = this.compressed(entry)
    return entry.method === 0 ? bytes : inflateRawSync(bytes)
  }

  #directory(): ZipEntry[] {
    const { size } = fstatSync(this.#fd)
    const length = Math.min(size, 65_557)
    const tail = this.#read(size - length, length)
    const end = tail.lastIndexOf('PK\u0005\u0006')
    const directory = this.#read(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12))
    const entries: ZipEntry[] = []
    for (let at = 0; at < directory.length; ) {
      const nameLength = directory.readUInt16LE(at + 28)
      entries.push({
        method: directory.readUInt16LE(at + 10),
        crc: directory.readUInt32LE(at + 16),
        compressedSize: directory.readUInt32LE(at + 20),
        size: directory.readUInt32LE(at + 24),
        offset: directory.readUInt32LE(at + 42),
        name: directory.subarray(at + 46, at + 46 + nameLength),
      })
      at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
    }
    return entries
  }

  #read(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    for (let read = 0; read < length; ) {
      const more = readSync(this.#fd, bytes, read, length - read, offset + read)
      if (more === 0) throw new Error('the archive ends too early')
      read += more
    }
    return bytes
  }
}

/** Puts an archive together of entries as others have compressed them. */
export class ZipMaker {
  readonly #fd: number
  readonly #directory: Buffer[] = []
  #offset = 0

  constructor(file: string) {
    this.#fd = openSync(file, 'w')
  }

  get bytes(): number {
    return this.#offset
  }

  add(name: string, entry: ZipEntry, compressed: Buffer): void {
    const bytes = Buffer.from(name)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(entry.method, 4)
    facts.writeUInt32LE(entry.crc, 10)
    facts.writeUInt32LE(entry.compressedSize, 14)
    facts.writeUInt32LE(entry.size, 18)
    facts.writeUInt16LE(bytes.length, 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(this.#offset, 10)
    this.#directory.push(Buffer.from('PK\u0001\u0002\u0014\0', 'latin1'), facts, place, bytes)
    this.#write(Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), facts, bytes, compressed]))
  }

  close(): void {
    const count = this.#directory.length / 4
    const directory = Buffer.concat(this.#directory)
    const end = Buffer.alloc(22)
    end.write('PK\u0005\u0006', 'latin1')
    end.writeUInt16LE(count, 8)
    end.writeUInt16LE(count, 10)
    end.writeUInt32LE(directory.length, 12)
    end.writeUInt32LE(this.#offset, 16)
    this.#write(directory)
    this.#write(end)
    closeSync(this.#fd)
  }

  #write(bytes: Buffer): void {
    writeSync(this.#fd, bytes)
    this.#offset += bytes.length
  }
}
