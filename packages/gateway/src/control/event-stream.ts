/** An event of a stream of server-sent events (WHATWG HTML §9.2). */
export type ServerSentEvent = { readonly event: string; readonly data: string }

/** More than the largest batch comes to, in base64url. */
const maxEventCharacters = 1024 * 1024

/**
 * Reads events out of a stream, piece by piece. Lines may end in LF, CRLF or CR; comments, ids and
 * unknown fields are passed over.
 *
 * @throws RangeError where one event is larger than any that an authority sends
 */
export class EventStreamReader {
  readonly #decoder = new TextDecoder()
  readonly #onEvent: (event: ServerSentEvent) => void
  #rest = ''
  #event = ''
  #data: string[] = []
  #characters = 0

  constructor(onEvent: (event: ServerSentEvent) => void) {
    this.#onEvent = onEvent
  }

  push(bytes: Uint8Array): void {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true })
    // A CR at the end may be half of a CRLF.
    const end = text.endsWith('\r') ? text.length - 1 : text.length
    const lines = text.slice(0, end).split(/\r\n|\n|\r/)
    this.#rest = (lines.pop() ?? '') + text.slice(end)
    if (this.#rest.length > maxEventCharacters) throw new RangeError('an event without an end')
    for (const line of lines) this.#line(line)
  }

  #line(line: string): void {
    if (line === '') {
      if (this.#data.length > 0) {
        this.#onEvent({ event: this.#event || 'message', data: this.#data.join('\n') })
      }
      this.#event = ''
      this.#data = []
      this.#characters = 0
      return
    }
    this.#characters += line.length
    if (this.#characters > maxEventCharacters) throw new RangeError('an event too large')
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#event = value
  }
}
