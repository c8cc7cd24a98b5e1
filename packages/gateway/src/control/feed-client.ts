import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem } from '@sallyport/problem'
import {
  type Change,
  gatewayPaths,
  type Heartbeat,
  heartbeatSeconds,
  type Snapshot,
} from '@sallyport/wire'
import type { Log } from '../log/log.ts'
import type { AuthorityClient } from './authority-client.ts'
import { EventStreamReader, type ServerSentEvent } from './event-stream.ts'
import { parseChange, parseHeartbeat, parseSnapshot } from './feed-messages.ts'

export type FeedOptions = {
  readonly client: () => AuthorityClient
  readonly log: Log
  /** Where the feed is to go on; undefined where a snapshot is needed first. */
  readonly position: () => { readonly epoch: string; readonly seq: number } | undefined
  readonly onSnapshot: (snapshot: Snapshot) => void
  readonly onChanges: (changes: readonly Change[]) => void
  /** The authority's clock, milliseconds, as of now. */
  readonly onTime: (at: number) => void
  /** The authority was heard, and everything that it said is applied. */
  readonly onHeard: () => void
}

const firstDelayMs = 100
const maxDelayMs = 5_000
/** Two heartbeats that did not come. */
const silenceMs = 2 * heartbeatSeconds * 1000

/** What was heard makes no sense behind what is known: a new snapshot is needed. */
class FeedBroken extends Error {}

/**
 * Follows the authority's feed for as long as the gateway lives: a snapshot where nothing is known or
 * the feed cannot go on from there, then every change in order. Comes back from anything.
 */
export class FeedClient {
  readonly #options: FeedOptions
  readonly #ended = new AbortController()
  #needsSnapshot = false
  #isConnected = false

  constructor(options: FeedOptions) {
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Has the next connection begin with a snapshot. */
  requireSnapshot(): void {
    this.#needsSnapshot = true
  }

  async run(): Promise<void> {
    const { log } = this.#options
    let delay = firstDelayMs
    let lastSaid = ''
    while (!this.#ended.signal.aborted) {
      try {
        await this.#synchronise()
        await this.#follow(() => {
          if (lastSaid !== '') log.info({}, 'the authority is heard again')
          lastSaid = ''
          delay = firstDelayMs
        })
      } catch (error) {
        if (this.#ended.signal.aborted) return
        if (needsSnapshot(error)) this.#needsSnapshot = true
        const said = error instanceof Error ? error.message : String(error)
        const code = isProblem(error) ? error.code : undefined
        const level = said === lastSaid ? 'debug' : 'warn'
        log[level](
          { error: said, ...(code === undefined ? {} : { code }) },
          'the authority is not heard',
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

  async #synchronise(): Promise<void> {
    if (!this.#needsSnapshot && this.#options.position() !== undefined) return
    const snapshot = parseSnapshot(await this.#options.client().getJson(gatewayPaths.snapshot))
    this.#needsSnapshot = false
    this.#options.onSnapshot(snapshot)
    this.#options.onHeard()
  }

  async #follow(onConnected: () => void): Promise<void> {
    const position = this.#options.position()
    if (position === undefined) return
    const query = new URLSearchParams({ epoch: position.epoch, after: String(position.seq) })
    const answer = await this.#options.client().stream(`${gatewayPaths.feed}?${query.toString()}`)
    const end = (): void => {
      answer.destroy()
    }
    this.#ended.signal.addEventListener('abort', end)
    answer.socket.setTimeout(0)
    const watch = setTimeout(() => answer.destroy(new Error('the feed fell silent')), silenceMs)
    try {
      this.#isConnected = true
      onConnected()
      let changes: Change[] = []
      const reader = new EventStreamReader((event) => changes.push(...this.#read(event, changes)))
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        watch.refresh()
        try {
          reader.push(chunk)
        } finally {
          // Also what came before something that makes no sense.
          const arrived = changes
          changes = []
          if (arrived.length > 0) this.#options.onChanges(arrived)
        }
        this.#options.onHeard()
      }
      throw new Error('the authority closed the feed')
    } finally {
      clearTimeout(watch)
      this.#ended.signal.removeEventListener('abort', end)
      answer.destroy()
    }
  }

  /** @param before changes of the same piece, that are not applied yet */
  #read({ event, data }: ServerSentEvent, before: readonly Change[]): Change[] {
    const position = this.#options.position()
    const last = before.at(-1)?.seq ?? position?.seq ?? 0
    if (event === 'heartbeat') {
      this.#checkHeartbeat(parseHeartbeat(JSON.parse(data)), position?.epoch, last)
      return []
    }
    if (event !== 'change') return []
    const change = parseChange(JSON.parse(data))
    if (change.seq <= last) return []
    if (change.seq !== last + 1) {
      throw new FeedBroken(`after change ${last} came ${change.seq}`)
    }
    return [change]
  }

  #checkHeartbeat(heartbeat: Heartbeat, epoch: string | undefined, last: number): void {
    this.#options.onTime(heartbeat.at)
    if (heartbeat.epoch !== epoch) throw new FeedBroken('the authority began a new epoch')
    if (heartbeat.seq > last)
      throw new FeedBroken(`change ${heartbeat.seq} was told of and did not come`)
  }
}

function needsSnapshot(error: unknown): boolean {
  if (isProblem(error)) return error.code === 'feed_gone'
  // What cannot be read will not get better by asking for the same again.
  return error instanceof FeedBroken || error instanceof RangeError || error instanceof SyntaxError
}
