import type { Refusal } from '../pipeline/stage.ts'
import type { StaleLevel } from './staleness.ts'

const unheard: Refusal = {
  code: 'status_stale',
  check: 'feed-age',
  expected: 'news from the authority within the limits of gateway.status',
  found: 'none for longer, or news that this version does not understand',
  retryAfterSeconds: 30,
}
const neverHeard: Refusal = {
  code: 'status_unavailable',
  check: 'snapshot',
  expected: 'a verified snapshot',
  found: 'none yet',
  retryAfterSeconds: 5,
}

/** What is refused for the age of what the gateway knows, by how old it is. */
export const stale: Readonly<Record<StaleLevel, Refusal | undefined>> = {
  fresh: undefined,
  warn: undefined,
  sensitive: undefined,
  stop: unheard,
  unavailable: neverHeard,
}
/** The same on routes that are marked `sensitive`. */
export const staleForSensitive: typeof stale = { ...stale, sensitive: unheard }
