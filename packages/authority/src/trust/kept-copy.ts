import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import path from 'node:path'
import { replaceFile } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import { Check } from 'typebox/value'

/** Where a document came from: the publisher, a signed snapshot, or the store of the authority. */
export type CopySource = 'fetch' | 'snapshot' | 'store'

/** A document as it was published, and when and where from it was had. */
export type KeptCopy = {
  readonly bytes: Buffer
  /** SHA-256 of the bytes, hex. */
  readonly sha256: string
  /** Milliseconds; of a document that had not changed: when that was last said. */
  readonly fetchedAt: number
  readonly source: CopySource
  readonly url: string | undefined
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

const maxHeaderBytes = 8_192
const Text = Type.String({ maxLength: 2_048 })
const Header = Type.Object(
  {
    version: Type.Literal(1),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    fetchedAt: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    source: Type.Enum(['fetch', 'snapshot', 'store']),
    url: Type.Optional(Text),
    etag: Type.Optional(Text),
    lastModified: Type.Optional(Text),
  },
  { additionalProperties: false },
)

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * Replaces a copy on disk in one step, mode 0600: a line of JSON that says what it is, then the bytes
 * as they were published. It is on the disk, whole, before this returns, or the old one is.
 *
 * @throws Problem `trust_copy_unwritable`
 */
export async function writeCopy(file: string, copy: KeptCopy): Promise<void> {
  const { bytes, ...facts } = copy
  const header = Buffer.from(`${JSON.stringify({ version: 1, ...facts })}\n`)
  try {
    await replaceFile(file, Buffer.concat([header, bytes]))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Problem('trust_copy_unwritable', { detail: `${file}: ${why}`, cause })
  }
}

/**
 * Reads a copy; undefined where there is none. One that others may write is not believed: whoever
 * writes it decides which stolen keys count.
 *
 * @throws Problem `trust_copy_refused`
 */
export async function readCopy(file: string, maxBytes: number): Promise<KeptCopy | undefined> {
  let handle: FileHandle
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw refused(file, 'a file that can be read', String(cause), cause)
  }
  try {
    refuseForeign(file, await handle.stat())
    refuseForeign(path.dirname(file), await stat(path.dirname(file)))
    const { size } = await handle.stat()
    if (size > maxBytes + maxHeaderBytes) {
      throw refused(file, `at most ${maxBytes + maxHeaderBytes} bytes`, `${size}`)
    }
    return parseCopy(file, await handle.readFile())
  } finally {
    await handle.close()
  }
}

function refuseForeign(file: string, { uid, mode }: { uid: number; mode: number }): void {
  const self = process.getuid?.()
  if (self !== undefined && uid !== self && uid !== 0) {
    throw refused(file, `owned by user ${self}`, `user ${uid}`)
  }
  if ((mode & 0o022) !== 0) {
    throw refused(file, 'writable for its owner alone', `mode ${(mode & 0o777).toString(8)}`)
  }
}

function parseCopy(file: string, content: Buffer): KeptCopy {
  const end = content.subarray(0, maxHeaderBytes).indexOf(0x0a)
  if (end < 0) throw refused(file, 'a line that says what it is', 'none')
  const header = parseJson(content.subarray(0, end).toString('utf8'))
  if (!Check(Header, header)) throw refused(file, 'a line that says what it is', 'another')
  // A copy: what is left of the file's memory can go.
  const bytes = Buffer.from(content.subarray(end + 1))
  const sha256 = sha256Hex(bytes)
  if (sha256 !== header.sha256) throw refused(file, `SHA-256 ${header.sha256}`, sha256)
  const { fetchedAt, source, url, etag, lastModified } = header
  return { bytes, sha256, fetchedAt, source, url, etag, lastModified }
}

/** Undefined where it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refused(file: string, expected: string, found: string, cause?: unknown): Problem {
  const detail = `${file}: expected ${expected}, found ${found}`
  return new Problem('trust_copy_refused', { detail, expected, found, cause })
}
