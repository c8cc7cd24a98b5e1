import path from 'node:path'
import { isProblem } from '@sallyport/problem'
import { type KeptCopy, readCopy, writeCopy } from './kept-copy.ts'
import type { TrustDocument } from './trust-documents.ts'
import type { TrustProblems } from './trust-problems.ts'
import { isFromFuture } from './trust-time.ts'

/** A document in use: the copy of it, and what it says. */
export type Held<T> = { readonly copy: KeptCopy; readonly value: T }

/** What came of a copy that was offered. */
export type Outcome = 'taken' | 'unchanged' | 'older' | 'malformed' | 'doubted'

export type OfferOptions = {
  directory: string
  /** Milliseconds. */
  now: number
  /** An operator says that what is doubted is right. */
  trustDoubted?: boolean
}

/** The last good one of a document, in memory and on disk. */
export class KeptDocument<T> {
  readonly #document: TrustDocument<T>
  readonly #problems: TrustProblems
  #held: Held<T> | undefined
  #doubted: Held<T> | undefined

  constructor(document: TrustDocument<T>, problems: TrustProblems) {
    this.#document = document
    this.#problems = problems
  }

  get held(): Held<T> | undefined {
    return this.#held
  }

  /** What was offered last and not believed, while that is so. */
  get doubted(): Held<T> | undefined {
    return this.#doubted
  }

  /** Begins with the copy on disk. One that cannot be believed is said, and left there. */
  async load(directory: string): Promise<void> {
    const { name, maxBytes } = this.#document
    try {
      const copy = await readCopy(this.#file(directory), maxBytes)
      if (copy !== undefined) this.#held = { copy, value: this.#document.parse(copy) }
      this.#problems.clear('trust_copy_refused', name)
    } catch (error) {
      if (!isProblem(error)) throw error
      this.#problems.raise('trust_copy_refused', name, error.detail ?? error.message)
    }
  }

  /**
   * Takes up a copy, and keeps it on disk. What cannot be read, is doubted, or is a snapshot older than
   * what is held leaves that in use.
   */
  async offer(
    copy: KeptCopy,
    { directory, now, trustDoubted = false }: OfferOptions,
  ): Promise<Outcome> {
    const { name, malformed, doubted } = this.#document
    const held = this.#held
    if (held !== undefined && isOlder(copy, held.copy, now)) return 'older'
    const isUnchanged = held?.copy.sha256 === copy.sha256
    let value: T
    try {
      value = isUnchanged ? held.value : this.#document.parse(copy)
    } catch (error) {
      this.#problems.raiseThrown(error, name)
      return 'malformed'
    }
    this.#problems.clear(malformed, name)
    const doubt = isUnchanged || trustDoubted ? undefined : this.#document.doubt(value, held?.value)
    this.#problems.set(doubted, name, doubt)
    this.#doubted = doubt === undefined ? undefined : { copy, value }
    if (doubt !== undefined) return 'doubted'
    this.#held = { copy, value }
    await this.persist(directory)
    return isUnchanged ? 'unchanged' : 'taken'
  }

  /** Writes what is held to the disk. Where that fails it stays in use, and that is said. */
  async persist(directory: string): Promise<void> {
    if (this.#held === undefined) return
    const { name } = this.#document
    try {
      await writeCopy(this.#file(directory), this.#held.copy)
      this.#problems.clear('trust_copy_unwritable', name)
      this.#problems.clear('trust_copy_refused', name)
    } catch (error) {
      this.#problems.raiseThrown(error, name)
    }
  }

  #file(directory: string): string {
    return path.join(directory, this.#document.fileName)
  }
}

/**
 * What the publisher answers now is never older, whatever the clock said when the last was fetched; a
 * signed file may be any old one.
 */
function isOlder(next: KeptCopy, held: KeptCopy, now: number): boolean {
  if (next.source !== 'snapshot' || isFromFuture(held.fetchedAt, now)) return false
  return next.fetchedAt < held.fetchedAt
}
