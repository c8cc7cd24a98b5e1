const maxAttempts = 400_000
const maxMilliseconds = 5_000

/**
 * What reading may cost of things that begin like a key: a package can be made of nothing else. Looking for the
 * beginnings is linear and not counted.
 */
export class SearchBudget {
  #attempts = 0
  #milliseconds = 0

  get isSpent(): boolean {
    return this.#attempts >= maxAttempts || this.#milliseconds >= maxMilliseconds
  }

  /** Counts one attempt. */
  allows(): boolean {
    if (this.isSpent) return false
    this.#attempts++
    return true
  }

  /** Does it, and counts the time. */
  charge<Result>(read: () => Result): Result {
    const startedAt = performance.now()
    try {
      return read()
    } finally {
      this.#milliseconds += performance.now() - startedAt
    }
  }
}
