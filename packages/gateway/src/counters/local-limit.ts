import type { CounterKey, KeyMaker } from './counter-key.ts'
import {
  type Claim,
  type ConcurrencyLimit,
  type CountedAt,
  CountersUnavailable,
  type DelayLimit,
  type RateLimit,
  type Standing,
  type WindowLimit,
} from './counters.ts'
import { delayBefore } from './delay.ts'
import type { SharedTable } from './shared-table.ts'
import type { Tier } from './tier.ts'

/** A slot that is locked, with all that an operation on it needs to know. */
type Held = {
  readonly table: SharedTable
  readonly slot: number
  readonly level: CountedAt
  readonly now: number
}

/** Takes what a claim asks of its limit, in shared memory. */
export function takeLocally(tier: Tier, claim: Claim, keys: KeyMaker, now: number): Standing {
  const { limit, key } = claim
  if (limit.kind === 'concurrency') return enter(tier, claim, limit, now)
  const held = lockSomewhere(tier, key, keys, now)
  try {
    if (limit.kind === 'rate') return takeRate(held, limit, claim.cost)
    if (limit.kind === 'window') return takeWindow(held, limit, claim.cost)
    return takeTry(held, limit)
  } finally {
    held.table.unlock(held.slot)
  }
}

/** Undoes what `takeLocally` did for a claim. */
export function giveBackLocally(
  tier: Tier,
  claim: Claim,
  standing: Standing,
  keys: KeyMaker,
  now: number,
): void {
  if (!standing.isAdmitted) return
  const { limit } = claim
  const isOpen = limit.kind === 'concurrency'
  const { level } = standing
  if (level === 'redis' || level === 'nowhere') return
  const table = isOpen ? tier.open : levelTable(tier, level)
  const slot = table.lockKnown(levelKey(claim.key, level, keys))
  if (slot < 0) return
  const held: Held = { table, slot, level, now }
  try {
    if (limit.kind === 'concurrency') leave(tier, held)
    else if (limit.kind === 'rate') giveBackRate(held, limit, claim.cost, standing)
    else if (limit.kind === 'window') giveBackWindow(held, claim.cost, standing)
    else giveBackTry(held, standing)
  } finally {
    table.unlock(slot)
  }
}

// A key that finds no room shares a coarser counter with others, and where there is none, that of the
// limit: never is another key put out to make room.
function lockSomewhere(tier: Tier, key: CounterKey, keys: KeyMaker, now: number): Held {
  for (const level of levels) {
    const table = levelTable(tier, level)
    const slot = table.lock(levelKey(key, level, keys), now)
    if (slot >= 0) return { table, slot, level, now }
  }
  throw new CountersUnavailable('there are more limits than there is room for')
}

type LocalLevel = 'key' | 'coarse' | 'limit'
const levels: readonly LocalLevel[] = ['key', 'coarse', 'limit']

function levelTable(tier: Tier, level: LocalLevel): SharedTable {
  if (level === 'key') return tier.exact
  return level === 'coarse' ? tier.coarse : tier.limits
}

function levelKey(key: CounterKey, level: LocalLevel, keys: KeyMaker): CounterKey {
  if (level === 'key') return key
  return keys.ofParts(level === 'coarse' ? key.coarseParts : key.parts.slice(0, 1))
}

// GCRA: until holds the theoretical arrival time, when the bucket is whole again.
function takeRate({ table, slot, level, now }: Held, limit: RateLimit, cost: number): Standing {
  const { intervalNs, toleranceNs } = limit
  const before = table.until[slot] ?? 0
  // A bucket cannot lack more than it holds: it was a larger one, before the configuration changed.
  if (before - now > toleranceNs) table.until[slot] = now + toleranceNs
  const lacking = Math.min(Math.max(before - now, 0), toleranceNs)
  const wanted = lacking + cost * intervalNs
  const isAdmitted = wanted <= toleranceNs
  const arrival = now + wanted
  if (isAdmitted) table.until[slot] = arrival
  const debt = isAdmitted ? wanted : lacking
  return {
    isAdmitted,
    remaining: Math.floor((toleranceNs - debt) / intervalNs),
    resetMs: debt / 1e6,
    retryMs: isAdmitted ? 0 : (wanted - toleranceNs) / 1e6,
    mark: arrival,
    before,
    level,
  }
}

// What was taken flows back by itself as time passes. Only the rest of it is given back, or a bucket that was
// whole in between would hold more than it may.
function giveBackRate(held: Held, limit: RateLimit, cost: number, { mark }: Standing): void {
  const { table, slot, now } = held
  const rest = Math.min(cost * limit.intervalNs, mark - now)
  if (rest > 0) table.until[slot] = (table.until[slot] ?? 0) - rest
}

// until holds the end of the window, and the count is what was used of the quota.
function takeWindow({ table, slot, level, now }: Held, limit: WindowLimit, cost: number): Standing {
  const isOver = (table.until[slot] ?? 0) <= now
  const at = Date.now()
  const end = isOver ? now + (limit.endOf(at) - at) * 1e6 : (table.until[slot] ?? 0)
  const used = isOver ? 0 : (table.counts[slot] ?? 0)
  const isAdmitted = used + cost <= limit.quota
  if (isAdmitted) {
    table.counts[slot] = used + cost
    table.until[slot] = end
  }
  return {
    isAdmitted,
    remaining: limit.quota - used - (isAdmitted ? cost : 0),
    resetMs: (end - now) / 1e6,
    retryMs: isAdmitted ? 0 : (end - now) / 1e6,
    mark: end,
    before: used,
    level,
  }
}

function giveBackWindow({ table, slot }: Held, cost: number, { mark }: Standing): void {
  if (table.until[slot] !== mark) return
  table.counts[slot] = Math.max(0, (table.counts[slot] ?? 0) - cost)
}

// until holds when all is forgotten, and the count is the tries so far: when the last one was follows from both.
function takeTry({ table, slot, level, now }: Held, limit: DelayLimit): Standing {
  const forgetNs = limit.forgetAfterMs * 1e6
  // Later only where it was to be remembered longer, before the configuration changed.
  const before = Math.min(table.until[slot] ?? 0, now + forgetNs)
  table.until[slot] = before
  const tries = before <= now ? 0 : (table.counts[slot] ?? 0)
  const nextAt = before - forgetNs + delayBefore(limit, tries + 1) * 1e6
  const isAdmitted = tries === 0 || nextAt <= now
  const mark = now + forgetNs
  if (isAdmitted) {
    table.counts[slot] = tries + 1
    table.until[slot] = mark
  }
  return {
    isAdmitted,
    remaining: Math.max(0, limit.freeTries - tries - (isAdmitted ? 1 : 0)),
    resetMs: ((isAdmitted ? mark : before) - now) / 1e6,
    retryMs: isAdmitted ? 0 : (nextAt - now) / 1e6,
    mark,
    before,
    level,
  }
}

function giveBackTry({ table, slot }: Held, { mark, before }: Standing): void {
  const tries = table.counts[slot] ?? 0
  table.counts[slot] = Math.max(0, tries - 1)
  // Where nobody tried since, the wait is again counted from the try before.
  if (tries <= 1) table.until[slot] = 0
  else if (table.until[slot] === mark) table.until[slot] = before
}

// The count is of all workers, and each has a share of it, so that the share of a dead one can be taken back.
function enter(tier: Tier, { key }: Claim, limit: ConcurrencyLimit, now: number): Standing {
  const { open, shares, worker, workers } = tier
  const slot = open.lock(key, now)
  if (slot < 0) {
    throw new CountersUnavailable('more requests under way are counted than there is room for')
  }
  const before = (open.until[slot] ?? 0) > now ? (open.counts[slot] ?? 0) : 0
  const isAdmitted = before < limit.maximum
  if (isAdmitted) {
    const share = slot * workers + worker
    shares[share] = (shares[share] ?? 0) + 1
    open.counts[slot] = before + 1
    open.until[slot] = Number.POSITIVE_INFINITY
  }
  open.unlock(slot)
  const remaining = limit.maximum - before - (isAdmitted ? 1 : 0)
  return { isAdmitted, remaining, resetMs: 0, retryMs: 0, mark: 0, before, level: 'key' }
}

function leave({ shares, worker, workers }: Tier, { table, slot }: Held): void {
  const share = slot * workers + worker
  shares[share] = Math.max(0, (shares[share] ?? 0) - 1)
  const left = (table.counts[slot] ?? 0) - 1
  table.counts[slot] = left
  if (left <= 0) table.until[slot] = 0
}
