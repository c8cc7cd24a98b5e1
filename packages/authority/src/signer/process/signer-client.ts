import { connect, type Socket } from 'node:net'
import { isProblem, Problem } from '@sallyport/problem'
import type { Signer, SignerInput, SignerOperation, SignerOutput } from '../signer.ts'
import { encodeFrame, type Frame, FrameReader } from './frames.ts'
import {
  maxAnswerBytesOf,
  operationNames,
  outcomes,
  problemOf,
  readMessage,
  tagOf,
} from './operation-tags.ts'
import { Places } from './places.ts'
import { requireOwnSocket } from './socket-place.ts'

export type SignerClientOptions = {
  /** Absolute path. */
  socket: string
  /** How long an answer may take. */
  timeoutMs?: number
  /** Questions that wait for an answer; more are refused, so that none waits for long. */
  maxWaiting?: number
}

/** Also under a flood a signature comes within a second. Lists of a million take longer. */
const defaultTimeoutMs = 10_000
const slow: Partial<Record<SignerOperation, number>> = {
  revocationList: 120_000,
  issuingCa: 60_000,
}

/** Work of RSA, which strangers ask for: of it no more are asked at once, so that nobody's certificate waits behind. */
const strangers: ReadonlySet<SignerOperation> = new Set(['scepContent', 'scepReply'])
const maxStrangers = 2

type Waiting = {
  readonly operation: SignerOperation
  readonly resolve: (output: never) => void
  readonly reject: (error: Problem) => void
  readonly timer: NodeJS.Timeout
}

/** A signer that is another process, at a socket. It connects when it is asked, and again when it must. */
export class SignerClient {
  readonly #options: SignerClientOptions
  readonly #waiting = new Map<number, Waiting>()
  readonly #strangers = new Places(maxStrangers)
  #connecting: Promise<Socket> | undefined
  #nextId = 0
  #isClosed = false

  constructor(options: SignerClientOptions) {
    this.#options = options
  }

  /** The operations, each asked over the socket. */
  readonly signer = Object.fromEntries(
    operationNames.map((name) => [
      name,
      (input: never) =>
        strangers.has(name)
          ? this.#strangers.run(() => this.#ask(name, input))
          : this.#ask(name, input),
    ]),
  ) as Signer

  /**
   * Waits until a signer answers: it is started at the same time.
   *
   * @throws Problem `signer_unavailable`, `signer_socket_refused`
   */
  async untilReady(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs
    for (;;) {
      try {
        await this.#connected()
        return
      } catch (error) {
        const isLate = performance.now() > deadline
        if (isLate || !isProblem(error) || error.code !== 'signer_unavailable') throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const socket = await this.#connecting?.catch(() => undefined)
    socket?.destroy()
  }

  async #ask<K extends SignerOperation>(
    operation: K,
    input: SignerInput<K>,
  ): Promise<SignerOutput<K>> {
    const { maxWaiting = 2_000, timeoutMs = defaultTimeoutMs } = this.#options
    if (this.#waiting.size >= maxWaiting) throw unavailable(`${maxWaiting} questions wait already`)
    const socket = await this.#connected()
    const id = this.#nextId
    this.#nextId = (id + 1) % 2 ** 32
    return new Promise((resolve, reject) => {
      const most = Math.max(
        timeoutMs,
        this.#options.timeoutMs === undefined ? (slow[operation] ?? 0) : 0,
      )
      const timer = setTimeout(() => {
        // One that answers nothing may never again: the next question finds another.
        this.#waiting.delete(id)
        reject(unavailable(`no answer within ${most} ms`))
        socket.destroy()
      }, most)
      this.#waiting.set(id, { operation, resolve, reject, timer })
      socket.write(encodeFrame(tagOf(operation), id, input))
    })
  }

  #connected(): Promise<Socket> {
    this.#connecting ??= this.#connect().catch((error: unknown) => {
      this.#connecting = undefined
      throw error
    })
    return this.#connecting
  }

  async #connect(): Promise<Socket> {
    if (this.#isClosed) throw unavailable('this authority is ending')
    const { socket: path } = this.#options
    requireOwnSocket(path)
    const socket = connect(path)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', (error) => reject(unavailable(error.message)))
    })
    const reader = new FrameReader(maxAnswerBytesOf)
    socket.on('data', (piece: Buffer) => this.#take(socket, reader, piece))
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#lost())
    return socket
  }

  #take(socket: Socket, reader: FrameReader, piece: Buffer): void {
    try {
      for (const frame of reader.take(piece)) this.#settle(frame)
    } catch {
      // No signer of ours says such a thing.
      socket.destroy()
    }
  }

  #settle({ tag, id, body }: Frame): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    if (tag !== outcomes.answered) return waiting.reject(problemOf(body))
    try {
      waiting.resolve(readMessage(waiting.operation, 'output', body) as never)
    } catch (error) {
      waiting.reject(isProblem(error) ? error : unavailable('an answer of another form'))
    }
  }

  /** What was asked may have been signed: nobody was told, and whoever asks again is answered anew. */
  #lost(): void {
    this.#connecting = undefined
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(unavailable('the connection ended'))
    }
    this.#waiting.clear()
  }
}

function unavailable(found: string): Problem {
  return new Problem('signer_unavailable', {
    expected: 'a signer that answers',
    found,
    retryAfterSeconds: 1,
  })
}
