import type { ByteSource } from '../byte-source.ts'

/** Size (8 bytes), pairs, the same size again, and this; all right before the directory. */
const magic = 'APK Sig Block 42'
const footerBytes = 24
const maxPairs = 100
/**
 * Signatures (v2, v3, v3.1), what stores stamp, and padding. A certificate in there is the one that the package is
 * signed with, and says nothing about what the app holds.
 */
const known: ReadonlySet<number> = new Set([
  0x7109871a, 0xf05368c0, 0x1b93ad61, 0x2b09189e, 0x6dff800d, 0x504b4453, 0x2146444e, 0x42726577,
])

/**
 * What the signing block of an APK takes: it belongs to no entry, and is no gap. Whatever else was put into it (some
 * tools leave settings there for the app to find) is not part of that.
 *
 * @returns pieces of the archive: start, and where the next byte is
 * @see https://source.android.com/docs/security/features/apksigning/v2#apk-signing-block
 */
export async function signingBlock(
  source: ByteSource,
  directoryOffset: number,
): Promise<readonly (readonly [start: number, end: number])[]> {
  const footerOffset = directoryOffset - footerBytes
  if (footerOffset < 8) return []
  const footer = await source.read(footerOffset, footerBytes)
  if (footer.toString('latin1', 8) !== magic) return []
  const size = footer.readBigUInt64LE(0)
  if (size < footerBytes || size > directoryOffset - 8) return []
  const start = directoryOffset - Number(size) - 8
  const head = await source.read(start, 8)
  if (head.length < 8 || head.readBigUInt64LE(0) !== size) return []
  const taken: [number, number][] = [
    [start, start + 8],
    [footerOffset, directoryOffset],
  ]
  let at = start + 8
  for (let pairs = 0; pairs < maxPairs && at + 12 <= footerOffset; pairs += 1) {
    const pair = await source.read(at, 12)
    const length = pair.readBigUInt64LE(0)
    if (length < 4 || length > footerOffset - at - 8) break
    const end = at + 8 + Number(length)
    taken.push([at, known.has(pair.readUInt32LE(8)) ? end : at + 12])
    at = end
  }
  return taken
}
