/** What an entry is, where it holds others. */
export type ContainerKind = 'zip' | 'gzip' | 'zstd' | 'tar' | 'unopened'

type Shape = {
  readonly kind: ContainerKind
  /** As the ledger calls it. */
  readonly name: string
  readonly at: number
  readonly magic: Buffer
}

const shape = (kind: ContainerKind, name: string, magic: string, at = 0): Shape => ({
  kind,
  name,
  at,
  magic: Buffer.from(magic, 'latin1'),
})

const shapes: readonly Shape[] = [
  shape('zip', 'ZIP', 'PK\x03\x04'),
  shape('zip', 'ZIP', 'PK\x05\x06'),
  shape('gzip', 'gzip', '\x1f\x8b\x08'),
  shape('zstd', 'Zstandard', '\x28\xb5\x2f\xfd'),
  shape('tar', 'tar', 'ustar', 257),
  shape('unopened', 'xz', '\xfd7zXZ\0'),
  shape('unopened', 'bzip2', 'BZh'),
  shape('unopened', '7-Zip', '7z\xbc\xaf\x27\x1c'),
  shape('unopened', 'RAR', 'Rar!\x1a\x07'),
  shape('unopened', 'cabinet', 'MSCF\0\0\0\0'),
  shape('unopened', 'LZ4', '\x04\x22\x4d\x18'),
  shape('unopened', 'lzip', 'LZIP\x01'),
]

/** Told by the first bytes alone: names are anything. */
export function containerOf(head: Buffer): Shape | undefined {
  return shapes.find(({ magic, at }) => head.subarray(at, at + magic.length).equals(magic))
}
