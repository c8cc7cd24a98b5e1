import type { ScanLimits } from '../limits.ts'

/**
 * Bytes that come in pieces of any size, as pieces of `limits.pieceBytes` that each begin with the last
 * `limits.overlapBytes` of the one before: what lies across a border lies whole in one of them.
 */
export async function* overlappingPieces(
  source: AsyncIterable<Buffer>,
  { pieceBytes, overlapBytes }: ScanLimits,
): AsyncGenerator<{ bytes: Buffer; offset: number }> {
  let gathered: Buffer[] = []
  let length = 0
  let offset = 0
  for await (const piece of source) {
    gathered.push(piece)
    length += piece.length
    if (length < pieceBytes) continue
    const bytes = Buffer.concat(gathered, length)
    yield { bytes, offset }
    // A copy: what was handed out may be kept, and the next piece must not keep it alive.
    gathered = [Buffer.from(bytes.subarray(length - overlapBytes))]
    offset += length - overlapBytes
    length = overlapBytes
  }
  if (length > (offset === 0 ? 0 : overlapBytes)) {
    yield { bytes: Buffer.concat(gathered, length), offset }
  }
}
