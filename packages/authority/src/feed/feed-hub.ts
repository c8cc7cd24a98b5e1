import { setImmediate as nextTurn } from 'node:timers/promises'
import { heartbeatSeconds, maxHelloNonces } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Tables } from '../store/tables.ts'
import { feedHead } from './append-change.ts'
import { readEpoch } from './epoch.ts'
import type { FeedSigner } from './feed-signer.ts'
import { type SignedBatch, SignedBatches } from './signed-batches.ts'

/** A server-sent event whose data is a compact JWS. */
export type FeedEvent = {
  readonly event: 'hello' | 'changes' | 'heartbeat'
  /** Of changes: the number of the last. */
  readonly id?: number
  readonly data: string
}

/** A gateway that follows the feed. */
export type FeedFollower = {
  readonly gateway: string
  /** Until when its certificate counts. */
  readonly until: number
  /** What it is greeted with, so that nobody can greet it with what was said before. */
  readonly nonce: string | undefined
  /** Resolves when what it was told is on its way: while it catches up, it sets the pace. */
  drained(): Promise<void>
  send(event: FeedEvent): void
  /** Ends the stream; the gateway resumes from the last number it was told. */
  end(): void
}

export type FeedHubOptions = {
  read: Kysely<Tables>
  signer: FeedSigner
  /** Names the feed. */
  epoch: string
  log: Logger
  now: () => number
  heartbeatMs?: number
}

type Following = FeedFollower & { cursor: number; isLive: boolean }
type Greeting = { readonly nonces: string[]; readonly said: Promise<FeedEvent> }

/**
 * Tells the gateways that follow of each committed change, in order, each once, and every five
 * seconds that the feed goes on. What was committed by another process is found by the heartbeat: a
 * gateway that was revoked there is ended by it, too.
 *
 * A heartbeat says that the store was just read: where that failed, none is sent. All that is said is signed,
 * once for all gateways that it is said to.
 */
export class FeedHub {
  readonly #options: FeedHubOptions
  readonly #following = new Set<Following>()
  readonly #timer: NodeJS.Timeout
  readonly #batches: SignedBatches
  #greeting: Greeting | undefined
  #epoch: string
  #last = 0
  #reading: Promise<void> | undefined
  #again = false
  #isClosed = false

  constructor(options: FeedHubOptions) {
    this.#options = options
    this.#epoch = options.epoch
    this.#batches = new SignedBatches(options)
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
    const following: Following = { ...follower, cursor: after, isLive: false }
    this.#following.add(following)
    try {
      // Again, now that whoever revokes it would find it here.
      await this.refresh()
      following.send(await this.#greet(following.nonce))
      await this.#catchUp(following)
    } catch (error) {
      this.#following.delete(following)
      throw error
    }
    // Not before: a heartbeat says that everything up to now was told.
    if (following.isLive) following.send(await this.#heartbeat(following.cursor))
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
    // Whoever was revoked a moment ago, here or elsewhere, is told so before its stream ends.
    if ([...this.#following].some(({ gateway }) => !active.has(gateway))) await this.#tellAll()
    const isOther = epoch !== this.#epoch
    this.#epoch = epoch
    if (isOther) this.#batches.clear()
    for (const following of this.#following) {
      const counts = active.has(following.gateway) && following.until >= now()
      if (isOther || !counts || this.#isClosed) this.#end(following)
    }
  }

  /** Ends what a gateway follows, once it was told why: it was revoked. */
  async endGateway(gateway: string): Promise<void> {
    await this.#tellAll()
    for (const following of this.#following) {
      if (following.gateway === gateway) this.#end(following)
    }
  }

  /** Resolves when everything that was committed before is told. */
  async #tellAll(): Promise<void> {
    this.wake()
    while (this.#reading !== undefined) await this.#reading
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
      const batch = await this.#batches.after(this.#last, this.#epoch)
      if (batch === undefined) return
      this.#last = batch.last
      for (const following of this.#following) {
        if (following.isLive) this.#tell(following, batch)
      }
    }
  }

  async #catchUp(following: Following): Promise<void> {
    while (this.#following.has(following)) {
      const batch = await this.#batches.after(following.cursor, this.#epoch)
      if (batch !== undefined) this.#tell(following, batch)
      // It came from what another process wrote to where nobody was told yet: from there on they go together, and it is told nothing twice.
      if (following.cursor > this.#last) await this.#tellAll()
      if (batch === undefined || following.cursor >= this.#last) {
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
      await this.#options.signer.refresh()
      await this.#readNew()
      await this.refresh()
      const beats = new Map<number, FeedEvent>()
      for (const following of this.#following) {
        const { isLive, cursor } = following
        if (!isLive) continue
        const beat = beats.get(cursor) ?? (await this.#heartbeat(cursor))
        beats.set(cursor, beat)
        // What it was told while this was signed goes before it, and says as much.
        if (following.cursor === cursor) following.send(beat)
      }
    } catch (error) {
      this.#options.log.error(
        { err: error },
        'the feed cannot be read or signed: no heartbeat is sent',
      )
    }
  }

  #tell(following: Following, batch: SignedBatch): void {
    if (batch.last <= following.cursor) return
    // What it missed was forgotten: it comes back, and is told to take a snapshot.
    if (batch.first > following.cursor + 1) return this.#end(following)
    following.cursor = batch.last
    following.send({ event: 'changes', id: batch.last, data: batch.jws })
  }

  /** Those that come in the same turn are greeted with one signature. */
  #greet(nonce = ''): Promise<FeedEvent> {
    if (this.#greeting === undefined || this.#greeting.nonces.length >= maxHelloNonces) {
      const nonces: string[] = []
      this.#greeting = { nonces, said: this.#hello(nonces) }
    }
    this.#greeting.nonces.push(nonce)
    return this.#greeting.said
  }

  async #hello(nonces: string[]): Promise<FeedEvent> {
    await nextTurn()
    if (this.#greeting?.nonces === nonces) this.#greeting = undefined
    const { signer, read, now } = this.#options
    const seq = await feedHead(read)
    const epoch = this.#epoch
    const said = { epoch, seq, at: now(), keys: signer.number, nonces: [...nonces] }
    return { event: 'hello', data: await signer.sign({ type: 'hello', ...said }) }
  }

  async #heartbeat(seq: number): Promise<FeedEvent> {
    const { signer, now } = this.#options
    const said = { epoch: this.#epoch, seq, at: now(), keys: signer.number }
    return { event: 'heartbeat', data: await signer.sign({ type: 'heartbeat', ...said }) }
  }
}
