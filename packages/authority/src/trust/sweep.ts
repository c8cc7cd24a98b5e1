import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from '../store/store.ts'
import type { SweepPolicy } from './policy-change.ts'
import { type Handled, handleListed, hasListed, nothingHandled } from './revoked-serials.ts'

export type SweepOptions = {
  store: Store
  policy: SweepPolicy
  now: () => number
  signal: AbortSignal
}

/**
 * Finds the enrolled devices that rest on a listed serial number, and carries out the policy: in
 * writes of bounded size, between which others find their turn. Their chains are not validated again:
 * those were good when they were appraised. Ended at any point, the next sweep goes on.
 */
export async function sweepListedDevices({
  store,
  policy,
  now,
  signal,
}: SweepOptions): Promise<Handled> {
  const total: Record<keyof Handled, number> = { ...nothingHandled }
  if (!(await hasListed(store.read))) return total
  while (!signal.aborted) {
    const startedAt = performance.now()
    const handled = await store.write((tx) => handleListed(tx, policy, now()))
    if (handled === undefined) break
    total.notified += handled.notified
    total.suspended += handled.suspended
    total.revoked += handled.revoked
    total.unchanged += handled.unchanged
    // As long again: half of the time belongs to everything else that the authority does.
    await pause(performance.now() - startedAt)
  }
  return total
}
