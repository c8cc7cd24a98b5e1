import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Log } from '../../log/log.ts'
import { CountersUnavailable } from '../counters.ts'

/** Where the counters of several machines are, as a plan has it: files are read. */
export type RedisPlan = {
  /** `redis://host:6379/0`, or `rediss://` for TLS. */
  readonly url: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** PEM: the CA that it is verified with; the system's where undefined. */
  readonly ca: string | undefined
  readonly keyPrefix: string
  readonly timeoutMs: number
}

/** What became of what was asked, since the link was made. */
export type RedisCounts = { isAway: boolean; asked: number; failed: number }

/** So many failures in a row, and nobody is kept waiting any more. */
const failuresToOpen = 5
const probeMs = 250
/** After so many probes that failed, the connection is given up: another may lead to one that works. */
const probesToDial = 4
/** Writes and forgets: a server that is full, or a replica since a failover, answers a PING all the same. */
const probeLifeMs = 1_000
const connectTimeoutMs = 2_000
const longestReconnectMs = 1_000

/**
 * A connection to Redis that never makes anybody wait longer than its bound: what does not answer in time
 * has failed, and after some failures nothing is asked until a probe is answered. Commands of the
 * same turn of the event loop travel together.
 */
export class RedisLink {
  readonly counts: RedisCounts = { isAway: true, asked: 0, failed: 0 }
  readonly #plan: RedisPlan
  readonly #log: Log
  readonly #hashes = new Map<string, string>()
  #client: Redis | undefined
  #failures = 0
  #isOpen = false
  #probe: NodeJS.Timeout | undefined
  #failedProbes = 0
  #isClosed = false
  #wasTold = false

  constructor(plan: RedisPlan, log: Log) {
    this.#plan = plan
    this.#log = log
    this.#connect().catch((error: unknown) => this.#tell(error))
  }

  /** @throws CountersUnavailable within the bound */
  run(
    script: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    return this.ask(async (client) => {
      const hash = this.#hashOf(script)
      try {
        return await client.evalsha(hash, keys.length, ...keys, ...args)
      } catch (error) {
        // It was restarted, or its scripts were flushed.
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return client.eval(script, keys.length, ...keys, ...args)
      }
    })
  }

  /** @throws CountersUnavailable within the bound */
  async ask<Answer>(command: (client: Redis) => Promise<Answer>): Promise<Answer> {
    const client = this.#client
    if (client?.status !== 'ready' || this.#isOpen) throw this.#away('Redis is away')
    this.counts.asked++
    try {
      const answer = await this.#inTime(command(client))
      this.#failures = 0
      this.#wasHeard()
      return answer
    } catch (error) {
      if (++this.#failures >= failuresToOpen) this.#open()
      throw this.#away(error instanceof Error ? error.message : String(error))
    }
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#probe)
    this.#client?.disconnect()
  }

  async #connect(): Promise<void> {
    const { Redis: Client } = await import('ioredis')
    if (this.#isClosed) return
    const { url, username, password, ca } = this.#plan
    const client = new Client(url, {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(ca === undefined ? {} : { tls: { ca } }),
      enableAutoPipelining: true,
      // Who asks while it is away is told so at once, and nothing is sent twice.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: connectTimeoutMs,
      retryStrategy: (attempt) => Math.min(50 * attempt, longestReconnectMs),
    })
    client.on('ready', () => this.#wasHeard())
    client.on('error', (error: Error) => this.#tell(error))
    client.on('close', () => this.#tell('the connection was closed'))
    this.#client = client
  }

  #hashOf(script: string): string {
    let hash = this.#hashes.get(script)
    if (hash === undefined) {
      hash = createHash('sha1').update(script).digest('hex')
      this.#hashes.set(script, hash)
    }
    return hash
  }

  #inTime<Answer>(promise: Promise<Answer>): Promise<Answer> {
    const { timeoutMs } = this.#plan
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      )
      promise.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }

  #away(said: string): CountersUnavailable {
    this.counts.failed++
    return new CountersUnavailable(said.slice(0, 200))
  }

  #open(): void {
    if (this.#isOpen || this.#isClosed) return
    this.#isOpen = true
    this.#tell(`${failuresToOpen} requests in a row were not answered`)
    this.#probeLater()
  }

  #probeLater(): void {
    this.#probe = setTimeout(() => {
      const client = this.#client
      const isReady = client?.status === 'ready'
      const key = `${this.#plan.keyPrefix}:probe`
      const answer = isReady
        ? this.#inTime(client.set(key, '1', 'PX', probeLifeMs))
        : Promise.reject(new Error('there is no connection'))
      answer.then(
        () => {
          this.#isOpen = false
          this.#failures = 0
          this.#failedProbes = 0
          this.#wasHeard()
        },
        () => {
          if (this.#isClosed) return
          if (isReady && ++this.#failedProbes % probesToDial === 0) client.disconnect(true)
          this.#probeLater()
        },
      )
    }, probeMs)
    this.#probe.unref()
  }

  #wasHeard(): void {
    if (!this.counts.isAway || this.#isOpen) return
    this.counts.isAway = false
    this.#wasTold = false
    this.#log.info({}, 'the counters of several machines are in Redis')
  }

  // Once for each time that it goes away.
  #tell(error: unknown): void {
    const wasAway = this.counts.isAway
    this.counts.isAway = true
    if (wasAway && this.#wasTold) return
    this.#wasTold = true
    if (this.#isClosed) return
    const said = error instanceof Error ? error.message : String(error)
    this.#log.error({ error: said }, 'Redis, where limits are counted, is away')
  }
}
