import type { AppliedChange, Change } from '@sallyport/wire'
import { Histogram } from '../metrics/histogram.ts'
import type { EndedConnections } from '../worker/messages.ts'
import type { PooledWorker } from './worker-pool.ts'

type Open = {
  readonly at: number
  readonly ended: EndedConnections
  readonly waiting: Set<PooledWorker>
  /** From its `at` to its being in force in every worker. */
  appliedAfterMs: number | undefined
  isKept: boolean
}

/**
 * Collects what each worker did about each change, until every one of them has done it and the change is
 * on disk: what was reported as applied is not forgotten in a crash.
 */
export class Receipts {
  readonly #open = new Map<number, Open>()
  readonly #onComplete: (changes: readonly AppliedChange[]) => void

  readonly #now: () => number
  /** How old changes were when they were in force in every worker. */
  readonly ages = new Histogram()

  /** @param now the authority's clock, which changes are timed by: milliseconds */
  constructor(onComplete: (changes: readonly AppliedChange[]) => void, now: () => number) {
    this.#onComplete = onComplete
    this.#now = now
  }

  /** @param kept resolves when the changes are on disk */
  expect(changes: readonly Change[], workers: readonly PooledWorker[], kept: Promise<void>): void {
    const expected = changes.map(({ seq, at }) => {
      const ended = { http1: 0, http2: 0, webSocket: 0 }
      const waiting = new Set(workers)
      const open: Open = { at, ended, waiting, appliedAfterMs: undefined, isKept: false }
      this.#open.set(seq, open)
      return open
    })
    this.#complete()
    void kept.then(() => {
      for (const open of expected) open.isKept = true
      this.#complete()
    })
  }

  applied(
    worker: PooledWorker,
    changes: readonly { readonly seq: number; readonly ended: EndedConnections }[],
  ): void {
    for (const { seq, ended } of changes) {
      const open = this.#open.get(seq)
      if (open?.waiting.delete(worker) !== true) continue
      open.ended.http1 += ended.http1
      open.ended.http2 += ended.http2
      open.ended.webSocket += ended.webSocket
    }
    this.#complete()
  }

  /** The first change that is still being done; undefined where none is. */
  get firstOpen(): number | undefined {
    return this.#open.keys().next().value
  }

  /** A worker that is gone has no connections left to end. */
  gone(worker: PooledWorker): void {
    for (const { waiting } of this.#open.values()) waiting.delete(worker)
    this.#complete()
  }

  #complete(): void {
    const complete: AppliedChange[] = []
    for (const [seq, open] of this.#open) {
      if (open.waiting.size > 0) continue
      open.appliedAfterMs ??= this.#aged(open.at)
      if (!open.isKept) continue
      this.#open.delete(seq)
      complete.push({ seq, appliedAfterMs: open.appliedAfterMs, ended: open.ended })
    }
    if (complete.length > 0) this.#onComplete(complete)
  }

  #aged(at: number): number {
    const ageMs = Math.round(this.#now() - at)
    this.ages.observe(Math.max(0, ageMs) / 1_000)
    return ageMs
  }
}
