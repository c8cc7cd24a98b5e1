import { createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib'
import { compressedFile } from './compressed-file.ts'
import type { Container } from './container.ts'
import { isTar, listTar } from './tar.ts'
import { listZip } from './zip/list-zip.ts'

export const zip: Container = {
  name: 'ZIP',
  takes: (head) => starts(head, 'PK\x03\x04'),
  list: listZip,
}

/** In this order: the first that takes a file opens it. Told by the first bytes, with one exception. */
const containers: readonly Container[] = [
  zip,
  { name: 'gzip', takes: isGzip, list: compressedFile(createGunzip, /\.gz$/i) },
  {
    name: 'Zstandard',
    takes: (head) => starts(head, '\x28\xb5\x2f\xfd'),
    list: compressedFile(createZstdDecompress, /\.zst$/i),
  },
  // Brotli has no magic number. Only the name says so, and whether it unpacks.
  {
    name: 'Brotli',
    takes: (_, path) => /\.br$/i.test(path),
    list: compressedFile(createBrotliDecompress, /\.br$/i, true),
  },
  { name: 'tar', takes: isTar, list: listTar },
  notUnpacked('xz', '\xfd7zXZ\0'),
  notUnpacked('bzip2', '\x31\x41\x59\x26\x53\x59', 4),
  notUnpacked('7-Zip', '7z\xbc\xaf\x27\x1c'),
  notUnpacked('RAR', 'Rar!\x1a\x07'),
  notUnpacked('cabinet', 'MSCF\0\0\0\0'),
  notUnpacked('LZ4', '\x04\x22\x4d\x18'),
  notUnpacked('lzip', 'LZIP\x01'),
  // Anything may have an archive behind it: what comes before it is one of its files then.
  { ...zip, takes: endsAsZip },
]

/** @param bytes all of it, or at least its first 512 */
export function containerOf(bytes: Buffer, path: string): Container | undefined {
  return containers.find(({ takes }) => takes(bytes, path))
}

function notUnpacked(name: string, magic: string, at = 0): Container {
  return { name, takes: (head) => starts(head, magic, at) }
}

function starts(head: Buffer, magic: string, at = 0): boolean {
  return head.toString('latin1', at, at + magic.length) === magic
}

/** RFC 1952 §2.3: deflate, and no flag that is reserved. */
function isGzip(head: Buffer): boolean {
  return starts(head, '\x1f\x8b\x08') && ((head[3] ?? 0xff) & 0xe0) === 0
}

function endsAsZip(bytes: Buffer): boolean {
  return bytes.length > 22 && starts(bytes, 'PK\x05\x06', bytes.length - 22)
}
