/** What a report takes of each kind. */
const maxPerReport = 1_000
/** What waits of each kind while the authority is away; the oldest goes first. */
const maxWaiting = 10_000

/** Records of one kind on their way to the authority, oldest first, no more than a bound. */
export class WaitingRecords<T> {
  #records: T[] = []
  #taken = 0

  /** @returns how many old ones had to go for it */
  add(records: readonly T[]): number {
    if (records.length > 0) this.#records = [...this.#records, ...records]
    const surplus = Math.max(0, this.#records.length - maxWaiting)
    if (surplus > 0) this.#records = this.#records.slice(surplus)
    this.#taken = Math.max(0, this.#taken - surplus)
    return surplus
  }

  get isFull(): boolean {
    return this.#records.length > maxPerReport
  }

  /** The oldest, to be sent. */
  take(): T[] {
    const taken = this.#records.slice(0, maxPerReport)
    this.#taken = taken.length
    return taken
  }

  /** Those that were taken have arrived. */
  forget(): void {
    this.#records = this.#records.slice(this.#taken)
    this.#taken = 0
  }
}
