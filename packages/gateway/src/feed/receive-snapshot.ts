import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import { snapshotMediaType, type SnapshotSeal } from '@sallyport/wire'
import { FeedUnverified } from './feed-jws.ts'

/** Of a million certificates that are listed it is forty megabytes. */
const maxSnapshotBytes = 512 * 1024 * 1024
const sealOffset = 2
/** A window of 8 MiB: what a sender asks for beyond it is not given. */
const maxWindowLog = 23

/** What to ask for. */
export const snapshotHeaders = { accept: snapshotMediaType, encoding: 'zstd, gzip' } as const

/**
 * A snapshot as it comes. The seal stands before it: it is verified first, and not one byte more than it says is
 * taken, however much a compressed answer would come to.
 *
 * @param unseal verifies a seal
 * @returns the packed status, whose hash is that of the seal
 * @throws FeedUnverified, RangeError; what `unseal` throws
 */
export async function receiveSnapshot(
  answer: IncomingMessage,
  unseal: (jws: string) => SnapshotSeal,
): Promise<{ seal: SnapshotSeal; bytes: Buffer }> {
  const plain = decompressed(answer)
  try {
    return await receive(plain, unseal)
  } finally {
    plain.destroy()
    answer.destroy()
  }
}

async function receive(
  plain: Readable,
  unseal: (jws: string) => SnapshotSeal,
): Promise<{ seal: SnapshotSeal; bytes: Buffer }> {
  let head = Buffer.alloc(0)
  let opened: { seal: SnapshotSeal; bytes: Buffer } | undefined
  let used = 0
  for await (const chunk of plain as AsyncIterable<Buffer>) {
    let piece = chunk
    if (opened === undefined) {
      head = Buffer.concat([head, chunk])
      const end = head.length < sealOffset ? Infinity : sealOffset + head.readUInt16BE(0)
      if (head.length < end) continue
      const seal = unseal(head.subarray(sealOffset, end).toString('latin1'))
      if (seal.bytes > maxSnapshotBytes) throw new RangeError(`a snapshot of ${seal.bytes} bytes`)
      opened = { seal, bytes: Buffer.allocUnsafe(seal.bytes) }
      piece = head.subarray(end)
    }
    if (used + piece.length > opened.bytes.length) {
      throw new FeedUnverified('a snapshot longer than its seal says')
    }
    used += piece.copy(opened.bytes, used)
  }
  if (opened === undefined || used !== opened.bytes.length) {
    throw new FeedUnverified('a snapshot that is cut off')
  }
  if (createHash('sha256').update(opened.bytes).digest('base64url') !== opened.seal.sha256) {
    throw new FeedUnverified('a snapshot that is not the one of its seal')
  }
  return opened
}

function decompressed(answer: IncomingMessage): Readable {
  const encoding = answer.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return answer
  if (encoding !== 'gzip' && encoding !== 'zstd') {
    throw new RangeError(`a snapshot in encoding ${encoding}`)
  }
  const inflate =
    encoding === 'gzip'
      ? createGunzip()
      : createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: maxWindowLog } })
  // The reader is told of a failure of either by the stream that it reads.
  return pipeline(answer, inflate, () => {})
}
