import type { TLSSocket } from 'node:tls'
import {
  type DeviceConnectionOptions,
  deviceConnectionOptions,
  openConnection,
} from './device-connection.ts'
import { Http1Answers } from './http1-answer.ts'
import type { Load, LoadTarget } from './load.ts'
import { http1Request } from './sample-request.ts'
import { Slots } from './slots.ts'

/** Requests over kept-alive connections, one at a time on each. */
export async function openHttp1Load(target: LoadTarget, concurrency: number): Promise<Load> {
  const options = deviceConnectionOptions(target, 'http/1.1')
  const request = http1Request(target.site)
  const connections = await Promise.all(
    Array.from({ length: concurrency }, () => Http1Connection.open(options, request)),
  )
  return {
    run: (count) => {
      const slots = new Slots(count)
      for (const connection of connections) connection.begin(slots)
      return slots.whole
    },
    close: () => {
      for (const connection of connections) connection.close()
    },
  }
}

class Http1Connection {
  readonly #socket: TLSSocket
  readonly #request: Buffer
  readonly #answers = new Http1Answers()
  #slots: Slots | undefined
  #begunAt = 0

  static async open(options: DeviceConnectionOptions, request: Buffer): Promise<Http1Connection> {
    return new Http1Connection(await openConnection(options), request)
  }

  constructor(socket: TLSSocket, request: Buffer) {
    this.#socket = socket
    this.#request = request
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.#slots?.fail(error))
    socket.on('close', () => this.#slots?.fail(new Error('the gateway closed a connection')))
  }

  /** Sends one request after another, as long as the run has any. */
  begin(slots: Slots): void {
    this.#slots = slots
    this.#next()
  }

  close(): void {
    this.#slots = undefined
    this.#socket.destroy()
  }

  #next(): void {
    if (this.#slots?.take() !== true) return
    this.#begunAt = performance.now()
    this.#socket.write(this.#request)
  }

  #receive(chunk: Buffer): void {
    try {
      if (!this.#answers.push(chunk)) return
    } catch (error) {
      this.#slots?.fail(error as Error)
      return
    }
    this.#slots?.done(this.#begunAt)
    this.#next()
  }
}
