import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem } from '@sallyport/problem'
import { type Change, gatewayPaths, type Heartbeat, heartbeatSeconds } from '@sallyport/wire'
import type { PackedStatus } from '@sallyport/wire/status'
import {
  FeedBroken,
  FeedWentBack,
  isUnverified,
  needsSnapshot,
  refuseEarlier,
} from '../feed/feed-faults.ts'
import { FeedFreshness } from '../feed/feed-freshness.ts'
import { FeedKeyUnknown, FeedUnverified, readFeedJws } from '../feed/feed-jws.ts'
import type { FeedPins } from '../feed/feed-pins.ts'
import type { Log } from '../log/log.ts'
import type { AuthorityClient } from './authority-client.ts'
import { EventStreamReader, type ServerSentEvent } from './event-stream.ts'
import { fetchSnapshot } from './fetch-snapshot.ts'
import { parseChangeBatch, parseHeartbeat, parseHello } from './feed-messages.ts'

/** Up to where the feed is known. `mark`: of that change, empty where it is not known. */
export type FeedPosition = { readonly epoch: string; readonly seq: number; readonly mark: string }

export type FeedOptions = {
  readonly client: () => AuthorityClient
  readonly pins: FeedPins
  readonly log: Log
  /** Where the feed is to go on; undefined where a snapshot is needed first. */
  readonly position: () => FeedPosition | undefined
  readonly onSnapshot: (status: PackedStatus) => void
  readonly onChanges: (changes: readonly Change[]) => void
  /** The authority's clock, milliseconds, as of now. */
  readonly onTime: (at: number) => void
  /**
   * The authority was heard, and everything that it said until so many seconds ago is applied.
   *
   * @param at the same by its clock: milliseconds
   */
  readonly onHeard: (secondsAgo: number, at: number) => void
}

const firstDelayMs = 100
const maxDelayMs = 5_000
/** Two heartbeats that did not come. */
const silenceMs = 2 * heartbeatSeconds * 1000

/**
 * Follows the authority's feed for as long as the gateway lives: a snapshot where nothing is known or
 * the feed cannot go on from there, then every change in order. Comes back from anything. Nothing is believed
 * that is not signed with a key of the feed, nor anything before the authority has signed our nonce.
 */
export class FeedClient {
  readonly #options: FeedOptions
  readonly #ended = new AbortController()
  readonly freshness = new FeedFreshness()
  /** The reason of the last failure, where it has one and the authority was not heard since. */
  lastCode: string | undefined
  #needsSnapshot = false
  #isConnected = false
  #refused = 0
  #stream: IncomingMessage | undefined

  constructor(options: FeedOptions) {
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** How often something came that is not, or not provably, from the authority. */
  get refused(): number {
    return this.#refused
  }

  /** Begins anew, with a snapshot. */
  requireSnapshot(): void {
    this.#needsSnapshot = true
    this.#stream?.destroy(new FeedBroken('a snapshot is needed'))
  }

  async run(): Promise<void> {
    const { log } = this.#options
    let delay = firstDelayMs
    let lastSaid = ''
    while (!this.#ended.signal.aborted) {
      try {
        await this.#follow(() => {
          if (lastSaid !== '') log.info({}, 'the authority is heard again')
          lastSaid = ''
          this.lastCode = undefined
          delay = firstDelayMs
        })
      } catch (error) {
        if (this.#ended.signal.aborted) return
        const code = await this.#consider(error)
        this.lastCode = code
        const said = error instanceof Error ? error.message : String(error)
        const level = said === lastSaid ? 'debug' : isUnverified(code) ? 'error' : 'warn'
        log[level](
          { error: said, ...(code === undefined ? {} : { code }) },
          isUnverified(code)
            ? 'what came is not believed: what is known goes on, and grows old'
            : 'the authority is not heard',
        )
        lastSaid = said
      } finally {
        this.#isConnected = false
      }
      // Spread out, so that a thousand gateways do not come back at the same moment.
      await sleep(delay * (0.5 + Math.random()), undefined, { signal: this.#ended.signal }).catch(
        () => undefined,
      )
      delay = Math.min(delay * 2, maxDelayMs)
    }
  }

  close(): void {
    this.#ended.abort()
  }

  /** What follows from a failure. @returns its code */
  async #consider(error: unknown): Promise<string | undefined> {
    if (needsSnapshot(error)) this.#needsSnapshot = true
    if (error instanceof FeedWentBack) return 'feed_went_back'
    if (error instanceof FeedKeyUnknown && (await this.#learnKeys())) return undefined
    if (!(error instanceof FeedUnverified)) return isProblem(error) ? error.code : undefined
    this.#refused++
    return 'feed_unverified'
  }

  /** @returns whether the authority has announced other keys, under one that is known */
  async #learnKeys(): Promise<boolean> {
    const { client, pins, log } = this.#options
    try {
      const answer = await client().getJson(`${gatewayPaths.feedKeys}?after=${pins.number}`)
      const sets = (answer as { sets?: unknown }).sets
      if (!Array.isArray(sets)) throw new RangeError('sets: not a list')
      return await pins.follow(sets.map(String))
    } catch (error) {
      log.error(
        { error: String(error), code: 'feed_unverified' },
        'the keys of the feed are not told',
      )
      return false
    }
  }

  async #snapshot(): Promise<PackedStatus | undefined> {
    const { position, client } = this.#options
    const known = position()
    if (!this.#needsSnapshot && known !== undefined) return undefined
    return fetchSnapshot(client(), known, (jws) => this.#verified(jws))
  }

  async #follow(onConnected: () => void): Promise<void> {
    const { pins, client, position } = this.#options
    if (pins.keys.size === 0 && !(await this.#learnKeys())) {
      throw new FeedUnverified('no key of the feed is known')
    }
    const snapshot = await this.#snapshot()
    const start = snapshot ?? position()
    if (start === undefined) return
    const nonce = randomBytes(16).toString('base64url')
    const { epoch, seq, mark } = start
    const query = new URLSearchParams({ epoch, after: String(seq), mark, nonce })
    const path = `${gatewayPaths.feed}?${query.toString()}`
    const stream = await client().stream(path, 'text/event-stream')
    await this.#read(stream, { snapshot, start, nonce, onConnected })
  }

  async #read(answer: IncomingMessage, expected: Expected): Promise<void> {
    const end = (): void => {
      answer.destroy()
    }
    this.#ended.signal.addEventListener('abort', end)
    answer.socket.setTimeout(0)
    const watch = setTimeout(() => answer.destroy(new Error('the feed fell silent')), silenceMs)
    this.#stream = answer
    try {
      let changes: Change[] = []
      let heardAt = 0
      let isGreeted = false
      const reader = new EventStreamReader((event) => {
        if (!isGreeted) heardAt = this.#greeted(event, expected)
        else {
          const { at, told } = this.#heard(event, changes)
          heardAt = Math.max(heardAt, at)
          changes.push(...told)
        }
        isGreeted = true
      })
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        try {
          reader.push(chunk)
        } finally {
          // Also what came before something that makes no sense.
          const arrived = changes
          changes = []
          if (arrived.length > 0) this.#options.onChanges(arrived)
        }
        if (!isGreeted) continue
        watch.refresh()
        this.#options.onHeard(this.freshness.lateness(heardAt) / 1_000, heardAt)
      }
      throw new Error('the authority closed the feed')
    } finally {
      clearTimeout(watch)
      this.#stream = undefined
      this.#ended.signal.removeEventListener('abort', end)
      answer.destroy()
    }
  }

  /** The first event: whoever answers holds a key of the feed now. @returns its time */
  #greeted({ event, data }: ServerSentEvent, expected: Expected): number {
    const { snapshot, start, nonce, onConnected } = expected
    if (event !== 'hello') throw new FeedUnverified(`a stream that begins with ${event}`)
    const hello = parseHello(this.#verified(data))
    if (!hello.nonces.includes(nonce)) throw new FeedUnverified('a greeting of another time')
    if (hello.epoch !== start.epoch) throw new FeedBroken('the authority began a new epoch')
    refuseEarlier(hello, start)
    this.freshness.greeted(hello.at)
    this.#options.onTime(hello.at)
    this.#isConnected = true
    onConnected()
    this.#noteKeys(hello.keys)
    if (snapshot !== undefined) {
      this.#needsSnapshot = false
      this.#options.onSnapshot(snapshot)
    }
    return hello.at
  }

  /** @param before changes of the same piece, that are not applied yet */
  #heard({ event, data }: ServerSentEvent, before: readonly Change[]): Heard {
    const position = this.#options.position()
    const last = before.at(-1)?.seq ?? position?.seq ?? 0
    if (event === 'heartbeat') {
      const heartbeat = parseHeartbeat(this.#verified(data))
      this.#checkHeartbeat(heartbeat, position?.epoch, last)
      return { at: heartbeat.at, told: [] }
    }
    if (event !== 'changes') throw new FeedUnverified(`an event ${event}`)
    const batch = parseChangeBatch(this.#verified(data))
    if (batch.epoch !== position?.epoch) throw new FeedBroken('the authority began a new epoch')
    if (batch.first > last + 1) throw new FeedBroken(`after change ${last} came ${batch.first}`)
    // What is signed once for many may begin before where one of them is.
    return { at: batch.at, told: batch.changes.filter(({ seq }) => seq > last) }
  }

  #checkHeartbeat(heartbeat: Heartbeat, epoch: string | undefined, last: number): void {
    this.#options.onTime(heartbeat.at)
    if (heartbeat.epoch !== epoch) throw new FeedBroken('the authority began a new epoch')
    if (heartbeat.seq > last)
      throw new FeedBroken(`change ${heartbeat.seq} was told of and did not come`)
    this.#noteKeys(heartbeat.keys)
  }

  // Announced long before it signs: there is time.
  #noteKeys(number: number): void {
    if (number > this.#options.pins.number) void this.#learnKeys()
  }

  #verified(jws: string): unknown {
    return readFeedJws(jws, this.#options.pins.keys)
  }
}

/** What a stream that is opened must begin with, and follow. */
type Expected = {
  /** Believed once the stream is greeted; undefined where what is known goes on. */
  readonly snapshot: PackedStatus | undefined
  readonly start: FeedPosition
  readonly nonce: string
  readonly onConnected: () => void
}

type Heard = { readonly at: number; readonly told: readonly Change[] }
