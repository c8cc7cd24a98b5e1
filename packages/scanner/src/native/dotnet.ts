import { EntryFault } from '../archive/entry.ts'
import { type ContentReader, maxProgramBytes } from '../content/content-reader.ts'
import type { Sink } from '../sink.ts'
import { Fields } from '../strings/fields.ts'
import { JoinedStrings } from '../strings/joined-strings.ts'
import { utf8Runs } from '../strings/printable-runs.ts'
import { unpackLz4Block } from './lz4-block.ts'

/** `BSJB`: where the metadata of an assembly begins (ECMA-335 §II.24.2.1). */
const metadataSignature = Buffer.from('BSJB')
/** `XALZ`, then an index and the length unpacked: an assembly that Xamarin has compressed. */
const compressedSignature = Buffer.from('XALZ')
const compressedHeaderBytes = 12
const maxAssemblies = 4096
const maxUnpackedBytes = 512 * 1024 ** 2
/** What one byte of LZ4 can come to. */
const maxLz4Ratio = 255
const maxStreams = 16

/** One assembly, a store of many, one that is compressed. */
const heads = ['MZ', 'XABA', 'XALZ'].map((text) => Buffer.from(text))

/**
 * Assemblies of .NET (Xamarin, MAUI): alone, compressed, or many in `assemblies.blob`. The strings of its code are in
 * a heap of their own, as UTF-16.
 */
export const dotnetReader: ContentReader = {
  name: '.NET assembly',
  maxBytes: maxProgramBytes,
  takes: (head) => heads.some((each) => head.subarray(0, each.length).equals(each)),
  read: (bytes, { path }, sink) => readAssemblies(bytes, 0, path, sink),
}

/** Whether a store of assemblies begins here: in .NET 9, in a section of an ELF library. */
export function isAssemblyStore(bytes: Buffer, at: number): boolean {
  return bytes.toString('latin1', at, at + 4) === 'XABA'
}

/** @param offset of the bytes in the entry */
export function readAssemblies(bytes: Buffer, offset: number, path: string, sink: Sink): void {
  tellAssemblies(bytes, offset, path, sink)
  // In an assembly, the signature is but a word of its code.
  if (bytes[0] === 0x58) unpackAssemblies(bytes, path, sink)
}

/** Each compressed one. What is damaged costs a line, and not the others. */
function unpackAssemblies(bytes: Buffer, path: string, sink: Sink): void {
  const fields = new Fields(bytes, true, '.NET assembly')
  const starts = [...placesOf(compressedSignature, bytes)].slice(0, maxAssemblies)
  let left = maxUnpackedBytes
  for (const [index, start] of starts.entries()) {
    try {
      // Blocks do not say how long they are: the next one ends this.
      const block = bytes.subarray(start + compressedHeaderBytes, starts[index + 1])
      const length = fields.u32(start + 8)
      left -= length
      if (left < 0 || length > block.length * maxLz4Ratio)
        throw new EntryFault('unpacked too large')
      const assembly = unpackLz4Block(block, length)
      const inside = `${path}!/assembly-${fields.u32(start + 4)}`
      sink.blob({ bytes: assembly, path: inside, offset: 0, by: ['lz4'] })
      tellAssemblies(assembly, 0, inside, sink)
    } catch (error) {
      if (!(error instanceof EntryFault)) throw error
      sink.notChecked(path, `.NET assembly at byte ${start}: ${error.message}`)
    }
  }
}

/** The user strings of each assembly in these bytes, and what runs of text there are besides. */
function tellAssemblies(bytes: Buffer, offset: number, path: string, sink: Sink): void {
  const about = { path, source: 'code-strings', baseOffset: offset } as const
  const wide = new JoinedStrings(sink, { ...about, encoding: 'utf16le' })
  let heapEnd = 0
  for (const at of placesOf(metadataSignature, bytes)) {
    // Metadata that lies in other metadata is made to be slow.
    if (at >= heapEnd) heapEnd = Math.max(at, tellUserStrings(bytes, at, wide))
  }
  wide.flush()
  const narrow = new JoinedStrings(sink, { ...about, encoding: 'utf8' })
  utf8Runs(bytes, 0, bytes.length, 6, (start, end) => narrow.add(bytes, start, end))
  narrow.flush()
}

/**
 * ECMA-335 §II.24.2.1 and §II.24.2.4. A signature that begins no metadata is passed over.
 *
 * @returns where the heap of user strings ends; without one, the root
 */
function tellUserStrings(bytes: Buffer, root: number, into: JoinedStrings): number {
  const fields = new Fields(bytes, true, '.NET metadata')
  if (!fields.holds(root, 20)) return root
  const versionBytes = fields.u32(root + 12)
  if (versionBytes > 255 || !fields.holds(root, 20 + versionBytes)) return root
  let at = root + 20 + versionBytes
  for (let left = Math.min(fields.u16(at - 2), maxStreams); left > 0; left--) {
    if (!fields.holds(at, 12)) return root
    const [start, length] = [root + fields.u32(at), fields.u32(at + 4)]
    const name = fields.name(at + 8, 32)
    if (name === '#US' && fields.holds(start, length)) {
      tellHeap(bytes, start, start + length, into)
      return start + length
    }
    at += 8 + ((name.length + 4) & ~3)
  }
  return root
}

/** Each string: its length, compressed (§II.23.2), its UTF-16, and a byte that says more of it. */
function tellHeap(bytes: Buffer, start: number, end: number, into: JoinedStrings): void {
  for (let at = start + 1; at < end; ) {
    const first = bytes[at] ?? 0
    const [size, mask] = first < 0x80 ? [1, 0x7f] : first < 0xc0 ? [2, 0x3fff] : [4, 0x1fff_ffff]
    if (at + size > end) return
    const length = bytes.readUIntBE(at, size) & mask
    at += size
    if (at + length > end) return
    if (length > 1) into.add(bytes, at, at + (length & ~1))
    at += length
  }
}

function* placesOf(what: Buffer, bytes: Buffer): Generator<number> {
  for (let at = bytes.indexOf(what); at !== -1; at = bytes.indexOf(what, at + what.length)) yield at
}
