import { type Change, type Heartbeat, heartbeatSeconds } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Tables } from '../store/tables.ts'
import { changesAfter, feedHead } from './append-change.ts'
import { readEpoch } from './epoch.ts'

/** A gateway that follows the feed. */
export type FeedFollower = {
  readonly gateway: string
  /** Until when its certificate counts. */
  readonly until: number
  /** Resolves when what it was told is on its way: while it catches up, it sets the pace. */
  drained(): Promise<void>
  change(change: Change): void
  heartbeat(heartbeat: Heartbeat): void
  /** Ends the stream; the gateway resumes from the last number it was told. */
  end(): void
}

export type FeedHubOptions = {
  read: Kysely<Tables>
  /** Names the feed. */
  epoch: string
  log: Logger
  now: () => number
  heartbeatMs?: number
}

type Following = FeedFollower & { cursor: number; isLive: boolean }

const maxChangesPerRead = 500

/**
 * Tells the gateways that follow of each committed change, in order, each once, and every five
 * seconds that the feed goes on. What was committed by another process is found by the heartbeat: a
 * gateway that was revoked there is ended by it, too.
 *
 * A heartbeat says that the store was just read: where that failed, none is sent.
 */
export class FeedHub {
  readonly #options: FeedHubOptions
  readonly #following = new Set<Following>()
  readonly #timer: NodeJS.Timeout
  #epoch: string
  #last = 0
  #reading: Promise<void> | undefined
  #again = false
  #isClosed = false

  constructor(options: FeedHubOptions) {
    this.#options = options
    this.#epoch = options.epoch
    const heartbeatMs = options.heartbeatMs ?? heartbeatSeconds * 1_000
    this.#timer = setInterval(() => void this.#beat(), heartbeatMs)
  }

  async start(): Promise<void> {
    this.#last = await feedHead(this.#options.read)
  }

  get epoch(): string {
    return this.#epoch
  }

  /** The number of the last change that was told. */
  get seq(): number {
    return this.#last
  }

  get followers(): number {
    return this.#following.size
  }

  /** Called after each commit: reads what is new, and tells it. */
  wake(): void {
    if (this.#isClosed) return
    if (this.#reading !== undefined) {
      this.#again = true
      return
    }
    this.#reading = this.#readNew()
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'the feed cannot be read'))
      .finally(() => {
        this.#reading = undefined
        if (this.#again) {
          this.#again = false
          this.wake()
        }
      })
  }

  /**
   * Follows the feed from after a number.
   *
   * @returns what ends the following
   */
  async follow(follower: FeedFollower, after: number): Promise<() => void> {
    const following: Following = Object.assign(follower, { cursor: after, isLive: false })
    this.#following.add(following)
    try {
      // Again, now that whoever revokes it would find it here.
      await this.refresh()
      await this.#catchUp(following)
    } catch (error) {
      this.#following.delete(following)
      throw error
    }
    // Not before: a heartbeat says that everything up to now was told.
    if (following.isLive) following.heartbeat(this.#heartbeat(following))
    return () => this.#following.delete(following)
  }

  /**
   * Ends the streams of gateways that were revoked, or whose certificate has expired; and all of them
   * where another epoch began: they come back, and find what they followed gone.
   */
  async refresh(): Promise<void> {
    const { read, now } = this.#options
    const epoch = await readEpoch(read)
    const rows = await read
      .selectFrom('gateways')
      .select('name')
      .where('status', '=', 'active')
      .execute()
    const active = new Set(rows.map(({ name }) => name))
    const isOther = epoch !== this.#epoch
    this.#epoch = epoch
    for (const following of this.#following) {
      const counts = active.has(following.gateway) && following.until >= now()
      if (isOther || !counts || this.#isClosed) this.#end(following)
    }
  }

  /** Ends what a gateway follows: it was revoked. */
  endGateway(gateway: string): void {
    for (const following of this.#following) {
      if (following.gateway === gateway) this.#end(following)
    }
  }

  /** Ends every stream. Resolves when nothing is read any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    for (const following of this.#following) this.#end(following)
    await this.#reading
  }

  #end(following: Following): void {
    this.#following.delete(following)
    following.end()
  }

  async #readNew(): Promise<void> {
    for (;;) {
      const changes = await changesAfter(this.#options.read, this.#last, maxChangesPerRead)
      const last = changes.at(-1)
      if (last === undefined) return
      this.#last = last.seq
      for (const following of this.#following) {
        if (following.isLive) this.#tell(following, changes)
      }
    }
  }

  async #catchUp(following: Following): Promise<void> {
    while (this.#following.has(following)) {
      const { read } = this.#options
      this.#tell(following, await changesAfter(read, following.cursor, maxChangesPerRead))
      if (following.cursor >= this.#last) {
        following.isLive = true
        return
      }
      await following.drained()
    }
  }

  async #beat(): Promise<void> {
    try {
      await this.#reading
      if (this.#isClosed) return
      await this.#readNew()
      await this.refresh()
    } catch (error) {
      this.#options.log.error({ err: error }, 'the feed cannot be read: no heartbeat is sent')
      return
    }
    for (const following of this.#following) {
      if (following.isLive) following.heartbeat(this.#heartbeat(following))
    }
  }

  #tell(following: Following, changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.seq <= following.cursor) continue
      // What it missed was forgotten: it comes back, and is told to take a snapshot.
      if (change.seq !== following.cursor + 1) return this.#end(following)
      following.cursor = change.seq
      following.change(change)
    }
  }

  #heartbeat({ cursor }: Following): Heartbeat {
    return { epoch: this.#epoch, seq: cursor, at: this.#options.now() }
  }
}
