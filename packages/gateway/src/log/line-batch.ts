/** A pause of the reader may not cost more memory than this, in bytes. */
const maxWaiting = 4 * 1024 * 1024
/** Batches of about this size do not wait for the timer. */
const batchBytes = 64 * 1024
// Lines are joined as text up to here: writing each of them into the page by itself would cost more.
const heldCharacters = 8 * 1024
const maxBytesPerCharacter = 3
/** A page holds a batch, and whatever one more line may come to. */
const pageBytes = batchBytes + 2 * maxBytesPerCharacter * heldCharacters

/** A batch of whole lines, UTF-8, on its way to whoever writes it: the page's memory goes with it. */
export type LinePage = {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** How much of it is lines. */
  readonly length: number
}

/**
 * Lines collected in a worker and handed to the main thread in batches: at the latest after `flush` is
 * called by the worker's tick. While the main thread has not given back the last pages, lines wait up
 * to a bound, and are dropped and counted beyond it. Nothing here ever blocks a request.
 */
export class LineBatch {
  dropped = 0
  #held = ''
  #page: Buffer<ArrayBuffer> | undefined
  #length = 0
  #unconfirmed = 0
  // One that came back: two go to and fro under load, and memory is mapped once.
  #spare: Buffer<ArrayBuffer> | undefined
  readonly #send: (page: LinePage) => void

  constructor(send: (page: LinePage) => void) {
    this.#send = send
  }

  add(line: string): void {
    if (this.#held.length + this.#length + this.#unconfirmed > maxWaiting) {
      this.dropped++
      return
    }
    this.#held += line
    if (this.#held.length >= heldCharacters) this.#write()
  }

  flush(): void {
    if (this.#held !== '') this.#write()
    if (this.#length > 0) this.#hand()
  }

  /** The page was written, or given up; its memory is used again. */
  takeBack({ bytes, length }: LinePage): void {
    this.#unconfirmed -= length
    if (bytes.length === pageBytes) this.#spare ??= Buffer.from(bytes.buffer)
  }

  #write(): void {
    const most = this.#held.length * maxBytesPerCharacter
    if (this.#page !== undefined && this.#page.length - this.#length < most) this.#hand()
    this.#page ??= this.#newPage(most)
    this.#length += this.#page.write(this.#held, this.#length)
    this.#held = ''
    if (this.#length >= batchBytes) this.#hand()
  }

  #newPage(least: number): Buffer<ArrayBuffer> {
    if (least > pageBytes) return Buffer.allocUnsafeSlow(least)
    const spare = this.#spare
    this.#spare = undefined
    return spare ?? Buffer.allocUnsafeSlow(pageBytes)
  }

  #hand(): void {
    const bytes = this.#page
    if (bytes === undefined) return
    const length = this.#length
    this.#page = undefined
    this.#length = 0
    this.#unconfirmed += length
    this.#send({ bytes, length })
  }
}
