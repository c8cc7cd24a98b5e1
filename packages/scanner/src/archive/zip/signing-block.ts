import type { ByteSource } from '../byte-source.ts'

/** Size (8 bytes), pairs, the same size again, and this; all right before the directory. */
const magic = 'APK Sig Block 42'
const footerBytes = 24

/**
 * Where the signatures of an APK lie: they belong to no entry. Not looked into: a certificate in there is the one
 * that the package is signed with.
 *
 * @see https://source.android.com/docs/security/features/apksigning/v2#apk-signing-block
 */
export async function signingBlock(
  source: ByteSource,
  directoryOffset: number,
): Promise<[start: number, end: number] | undefined> {
  const footerOffset = directoryOffset - footerBytes
  if (footerOffset < 8) return undefined
  const footer = await source.read(footerOffset, footerBytes)
  if (footer.toString('latin1', 8) !== magic) return undefined
  const size = footer.readBigUInt64LE(0)
  if (size < footerBytes || size > directoryOffset - 8) return undefined
  const start = directoryOffset - Number(size) - 8
  const head = await source.read(start, 8)
  return head.length === 8 && head.readBigUInt64LE(0) === size
    ? [start, directoryOffset]
    : undefined
}
