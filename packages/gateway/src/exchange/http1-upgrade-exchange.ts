import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { http } from '../runtime/node-http.ts'
import type { Exchange } from './exchange.ts'
import { type HeldContent, noContent } from './held-content.ts'
import { Http1Exchange } from './http1-exchange.ts'

/**
 * The exchange over a request that asks to change its protocol, from the `upgrade` event of
 * node:http. It is the connection's last: refused or answered, the connection ends behind it.
 *
 * @param head the first bytes of the new protocol, where the client did not wait for its answer.
 */
export function http1UpgradeExchange(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  requestId: string,
): Exchange {
  // node:http makes no response for such a request. Ours frames an answer as for any other.
  const res = new http.ServerResponse(req)
  res.shouldKeepAlive = false
  return new Http1UpgradeExchange(req, res, socket, head, requestId)
}

class Http1UpgradeExchange extends Http1Exchange {
  readonly #res: ServerResponse
  readonly #stream: Duplex
  readonly #head: Buffer
  #isTunnel = false

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    stream: Duplex,
    head: Buffer,
    requestId: string,
  ) {
    super(req, res, requestId)
    this.#res = res
    this.#stream = stream
    this.#head = head
    res.assignSocket(req.socket)
    res.on('finish', () => {
      if (this.#isTunnel) return
      res.detachSocket(req.socket)
      req.socket.destroySoon()
      this.ended(false)
    })
    // node:http has taken its own listeners off: an error would be nobody's, and end the process.
    stream.on('error', () => stream.destroy())
    stream.on('close', () => this.ended(!this.#isTunnel && !res.writableFinished))
  }

  override switchProtocols(headers: readonly string[]): void {
    const stream = this.#stream
    this.#isTunnel = true
    this.outcome.status = 101
    let text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
    for (const fields of [headers, this.answerFields]) {
      for (let index = 0; index < fields.length; index += 2) {
        text += `${fields[index]}: ${fields[index + 1]}\r\n`
      }
    }
    this.#res.detachSocket(this.#res.req.socket)
    stream.write(`${text}\r\n`, 'latin1')
  }

  // What follows the head is of the new protocol, and not content of this request.
  override readContent(): Promise<HeldContent> {
    return Promise.resolve(noContent)
  }

  override startBody(): void {
    const stream = this.#stream
    stream.on('data', (chunk: Buffer) => this.listener?.requestData(chunk))
    stream.on('end', () => this.listener?.requestEnd([]))
    stream.on('drain', () => this.listener?.responseDrained())
    if (this.#head.length > 0) this.listener?.requestData(this.#head)
  }

  override pauseBody(): void {
    this.#stream.pause()
  }

  override resumeBody(): void {
    this.#stream.resume()
  }

  override write(chunk: Buffer): boolean {
    if (!this.#isTunnel) return super.write(chunk)
    if (this.#stream.destroyed) return true
    this.outcome.bytesSent += chunk.length
    return this.#stream.write(chunk)
  }

  override end(trailers: readonly string[]): void {
    if (!this.#isTunnel) {
      super.end(trailers)
      return
    }
    this.answeredAt = performance.now()
    this.#stream.end(() => this.#stream.destroy())
  }

  override abort(): void {
    if (this.#isTunnel) this.#stream.destroy()
    else super.abort()
  }
}
