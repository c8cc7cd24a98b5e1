/** A pause of the reader may not cost more memory than this, in characters. */
const maxWaiting = 4 * 1024 * 1024
/** Batches of about this size do not wait for the timer. */
const batchCharacters = 64 * 1024

/**
 * Lines collected in a worker and handed to the main thread in batches: at the latest after `flush` is
 * called by the worker's tick. While the main thread has not said that it took the last ones, lines
 * wait up to a bound, and are dropped and counted beyond it. Nothing here ever blocks a request.
 */
export class LineBatch {
  dropped = 0
  #lines = ''
  #unconfirmed = 0
  readonly #send: (text: string) => void

  constructor(send: (text: string) => void) {
    this.#send = send
  }

  add(line: string): void {
    if (this.#lines.length + this.#unconfirmed > maxWaiting) {
      this.dropped++
      return
    }
    this.#lines += line
    if (this.#lines.length >= batchCharacters) this.flush()
  }

  flush(): void {
    if (this.#lines === '') return
    this.#unconfirmed += this.#lines.length
    this.#send(this.#lines)
    this.#lines = ''
  }

  confirm(characters: number): void {
    this.#unconfirmed -= characters
  }
}
