import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import { encodePackedStatus } from '@sallyport/wire/status'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { feedHead } from './append-change.ts'
import type { FeedSigner } from './feed-signer.ts'
import { packStatus } from './pack-status.ts'

/** What has expired meanwhile is in it still: it does no harm. */
const maxAgeMs = 10_000
/** A large one is handed out for a while after it was made: what changed since is told by the feed. */
const largeBytes = 1024 * 1024
const restFactor = 5

/** How a snapshot can be compressed, the best first. */
const compressions = {
  zstd: (bytes: Uint8Array) =>
    promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  gzip: (bytes: Uint8Array) => promisify(gzip)(bytes, { level: 1 }),
} as const
export type SnapshotEncoding = keyof typeof compressions

type Made = {
  readonly epoch: string
  readonly seq: number
  readonly at: number
  /** Milliseconds. */
  readonly tookMs: number
  readonly bytes: Buffer
  readonly compressed: Map<SnapshotEncoding, Promise<Buffer>>
}

export type SnapshotSourceOptions = {
  readonly read: Kysely<Tables>
  readonly epoch: () => string
  readonly now: () => number
  readonly signer: FeedSigner
}

/**
 * Sealed snapshots. After a restart every gateway asks for one at once: one is made, and all are handed the
 * same bytes, compressed once.
 */
export class SnapshotSource {
  readonly #options: SnapshotSourceOptions
  #kept: Made | undefined
  #making: Promise<Made> | undefined

  constructor(options: SnapshotSourceOptions) {
    this.#options = options
  }

  /**
   * @param asked the number that it must reach: a gateway takes nothing from before what it knows. What the feed has
   *   not reached itself is reached by nothing: who asks for that is given what there is
   * @param accepts the first of these that is known compresses it
   */
  async get(
    asked: number,
    accepts: readonly string[],
  ): Promise<{ bytes: Buffer; encoding: SnapshotEncoding | undefined }> {
    const least = asked === 0 ? 0 : Math.min(asked, await feedHead(this.#options.read))
    const made = await this.#current(least)
    const names = Object.keys(compressions) as SnapshotEncoding[]
    const encoding = names.find((name) => accepts.includes(name))
    if (encoding === undefined) return { bytes: made.bytes, encoding }
    let compressed = made.compressed.get(encoding)
    if (compressed === undefined) {
      compressed = compressions[encoding](made.bytes)
      made.compressed.set(encoding, compressed)
    }
    return { bytes: await compressed, encoding }
  }

  async #current(least: number): Promise<Made> {
    if (this.#kept !== undefined && (await this.#isCurrent(this.#kept, least))) return this.#kept
    // One that was begun before this was asked for may know less than the asker.
    const begun = await this.#making
    if (begun !== undefined && begun.seq >= least && begun.epoch === this.#options.epoch()) {
      return begun
    }
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  async #isCurrent({ epoch, seq, at, tookMs, bytes }: Made, least: number): Promise<boolean> {
    const { read, now } = this.#options
    const ageMs = Math.abs(now() - at)
    if (epoch !== this.#options.epoch() || seq < least || ageMs > maxAgeMs) return false
    const isResting = bytes.length > largeBytes && ageMs < tookMs * restFactor
    return isResting || seq === (await feedHead(read))
  }

  async #make(): Promise<Made> {
    const { read, epoch, now, signer } = this.#options
    const startedAt = performance.now()
    const at = now()
    const status = await packStatus(read, { epoch: epoch(), now: at })
    await nextTurn()
    const body = encodePackedStatus(status)
    await nextTurn()
    const seal = await signer.sign({
      type: 'snapshot',
      epoch: status.epoch,
      seq: status.seq,
      at,
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('base64url'),
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(seal.length)
    const made: Made = {
      epoch: status.epoch,
      seq: status.seq,
      at,
      tookMs: performance.now() - startedAt,
      bytes: Buffer.concat([length, Buffer.from(seal, 'latin1'), body]),
      compressed: new Map(),
    }
    this.#kept = made
    return made
  }
}
