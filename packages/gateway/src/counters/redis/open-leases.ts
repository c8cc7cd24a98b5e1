import type { RedisLink } from './redis-link.ts'

/** What a gateway counts as under way is forgotten so long after it was last heard of. */
export const leaseMs = 60_000
const renewMs = 20_000

const renewScript = `
local time = redis.call('TIME')
local now = (tonumber(time[1]) - 1700000000) * 1000000 + tonumber(time[2])
redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[1]) * 1000, ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[1])
`

/** Requests under way that Redis counts: their places are leased, so that those of a dead gateway become free. */
export class OpenLeases {
  readonly #link: RedisLink
  /** The key of the set, by member. */
  readonly #open = new Map<string, string>()
  readonly #timer: NodeJS.Timeout

  constructor(link: RedisLink) {
    this.#link = link
    this.#timer = setInterval(() => this.#renew(), renewMs)
    this.#timer.unref()
  }

  add(member: string, key: string): void {
    this.#open.set(member, key)
  }

  delete(member: string): void {
    this.#open.delete(member)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #renew(): void {
    for (const [member, key] of this.#open) {
      // A lease that could not be renewed lasts for the next two rounds.
      this.#link.run(renewScript, [key], [leaseMs, member]).catch(() => {})
    }
  }
}
