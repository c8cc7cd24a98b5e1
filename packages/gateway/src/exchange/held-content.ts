/** The first bytes of a request's content, as stages look at them before it is forwarded. */
export type HeldContent = {
  readonly bytes: Buffer
  /** Whether this is all of it. */
  readonly isComplete: boolean
}

export const noContent: HeldContent = { bytes: Buffer.alloc(0), isComplete: true }

/** Of a request that comes without its content, as a proxy tells of it. */
export const unseenContent: HeldContent = { bytes: Buffer.alloc(0), isComplete: false }

/** Where held content goes in the end. */
export interface ContentReceiver {
  requestData(chunk: Buffer): void
  requestEnd(trailers: readonly string[]): void
}

/** The flow of the content that is held. */
export interface ContentSource {
  pauseBody(): void
  resumeBody(): void
}

/**
 * Holds the content of a request, as far as stages want to see it, and hands it on as it came. The source
 * stands still while nobody wants more: what is held is bounded by what was asked for, and one read more.
 */
export class ContentHold implements ContentReceiver {
  readonly #source: ContentSource
  readonly #chunks: Buffer[] = []
  #size = 0
  #wanted = 0
  #trailers: readonly string[] | undefined
  #content: HeldContent | undefined
  #settle: ((content: HeldContent | undefined) => void) | undefined
  #isClosed = false

  constructor(source: ContentSource) {
    this.#source = source
  }

  /** What was asked for last, once it was there. */
  get content(): HeldContent | undefined {
    return this.#content
  }

  /** One at a time. Undefined: the client is gone, and so is the request. */
  read(maxBytes: number): Promise<HeldContent | undefined> {
    this.#wanted = maxBytes
    return new Promise((resolve) => {
      this.#settle = resolve
      this.#look()
      if (this.#settle !== undefined) this.#source.resumeBody()
    })
  }

  requestData(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#wanted) return
    this.#source.pauseBody()
    this.#look()
  }

  requestEnd(trailers: readonly string[]): void {
    this.#trailers = trailers
    this.#look()
  }

  /** The client is gone. */
  close(): void {
    this.#isClosed = true
    this.#look()
  }

  /** Hands on what is held; what is still to come goes to the receiver without this detour. */
  release(receiver: ContentReceiver): void {
    // First, so that it stands still again where the receiver wants that.
    if (this.#trailers === undefined) this.#source.resumeBody()
    for (const chunk of this.#chunks.splice(0)) receiver.requestData(chunk)
    if (this.#trailers !== undefined) receiver.requestEnd(this.#trailers)
  }

  #look(): void {
    const settle = this.#settle
    const isComplete = this.#trailers !== undefined
    if (settle === undefined) return
    if (!this.#isClosed && !isComplete && this.#size < this.#wanted) return
    this.#settle = undefined
    if (this.#isClosed) {
      settle(undefined)
      return
    }
    const [first] = this.#chunks
    const bytes =
      this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
    this.#content = { bytes, isComplete }
    settle(this.#content)
  }
}
