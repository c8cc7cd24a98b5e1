import type { AppliedChange, Change } from '@sallyport/wire'
import type { EndedConnections } from '../worker/messages.ts'
import type { PooledWorker } from './worker-pool.ts'

type Open = {
  readonly at: number
  readonly ended: EndedConnections
  readonly waiting: Set<PooledWorker>
}

/** Collects what each worker did about each change, until every one of them has done it. */
export class Receipts {
  readonly #open = new Map<number, Open>()
  readonly #onComplete: (changes: readonly AppliedChange[]) => void

  constructor(onComplete: (changes: readonly AppliedChange[]) => void) {
    this.#onComplete = onComplete
  }

  expect(changes: readonly Change[], workers: readonly PooledWorker[]): void {
    for (const { seq, at } of changes) {
      const ended = { http1: 0, http2: 0, webSocket: 0 }
      this.#open.set(seq, { at, ended, waiting: new Set(workers) })
    }
    this.#complete()
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

  /** A worker that is gone has no connections left to end. */
  gone(worker: PooledWorker): void {
    for (const { waiting } of this.#open.values()) waiting.delete(worker)
    this.#complete()
  }

  #complete(): void {
    const complete: AppliedChange[] = []
    for (const [seq, { at, ended, waiting }] of this.#open) {
      if (waiting.size > 0) continue
      this.#open.delete(seq)
      complete.push({ seq, appliedAfterMs: Date.now() - at, ended })
    }
    if (complete.length > 0) this.#onComplete(complete)
  }
}
