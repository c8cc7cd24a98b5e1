import { type Change, maxBatchChanges, maxBatchCharacters } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { changesAfter } from './append-change.ts'
import type { FeedSigner } from './feed-signer.ts'

/** Consecutive changes as they are sent: signed once, for everybody who is at the same point. */
export type SignedBatch = { readonly first: number; readonly last: number; readonly jws: string }

/** Those who catch up at the same time are told the same: after a restart all of them are. */
const maxKept = 64

export type SignedBatchesOptions = {
  readonly read: Kysely<Tables>
  readonly signer: FeedSigner
  readonly now: () => number
}

/** Reads changes from the store, and signs them batch by batch. */
export class SignedBatches {
  readonly #options: SignedBatchesOptions
  /** By the number that they follow. */
  readonly #kept = new Map<number, Promise<SignedBatch | undefined>>()

  constructor(options: SignedBatchesOptions) {
    this.#options = options
  }

  /** The changes after a number, as many as a batch takes; undefined where there are none. */
  after(seq: number, epoch: string): Promise<SignedBatch | undefined> {
    const kept = this.#kept.get(seq)
    if (kept !== undefined) return kept
    const made = this.#make(seq, epoch)
    this.#keep(seq, made)
    const forget = () => {
      if (this.#kept.get(seq) === made) this.#kept.delete(seq)
    }
    // Where there was nothing, there may be something the next time.
    made.then((batch) => batch === undefined && forget(), forget)
    return made
  }

  /** Another epoch: nothing that was signed before is said again. */
  clear(): void {
    this.#kept.clear()
  }

  async #make(seq: number, epoch: string): Promise<SignedBatch | undefined> {
    const { read, signer, now } = this.#options
    const changes = atMost(await changesAfter(read, seq, maxBatchChanges))
    const first = changes[0]?.seq
    const last = changes.at(-1)?.seq
    if (first === undefined || last === undefined) return undefined
    const at = now()
    const jws = await signer.sign({ type: 'changes', epoch, first, last, at, changes })
    return { first, last, jws }
  }

  #keep(seq: number, batch: Promise<SignedBatch | undefined>): void {
    this.#kept.set(seq, batch)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKept) return
      this.#kept.delete(oldest)
    }
  }
}

/** One change at least; an issuer is twelve kilobytes. */
function atMost(changes: readonly Change[]): Change[] {
  const taken: Change[] = []
  let characters = 0
  for (const change of changes) {
    characters += JSON.stringify(change).length
    if (taken.length > 0 && characters > maxBatchCharacters) break
    taken.push(change)
  }
  return taken
}
