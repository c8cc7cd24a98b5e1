import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { isProblem, Problem } from '@sallyport/problem'
import type { Signer, SignerInput, SignerOperation, SignerOutput } from '../signer.ts'
import { encodeFrame, type Frame, FrameReader } from './frames.ts'
import {
  maxAnswerBytesOf,
  operationNames,
  outcomes,
  problemOf,
  proofTag,
  readMessage,
  readStep,
  tagOf,
} from './operation-tags.ts'
import { isNonce, isProof, newNonce, proofOf } from './proof-of-secret.ts'
import { Places } from './places.ts'
import { requireOwnSocket } from './socket-place.ts'

export type SignerClientOptions = {
  /** Absolute path. */
  socket: string
  /** That of the signer as well: each proves to the other that it has it. */
  secret?: string | undefined
  /** How long an answer may take. */
  timeoutMs?: number
  /** Questions that wait for an answer; more are refused, so that none waits for long. */
  maxWaiting?: number
}

/** Also under a flood a signature comes within a second. Lists of a million take longer, and so does making a key. */
const defaultTimeoutMs = 10_000
const makesKeyMs = 60_000
const slow: Partial<Record<SignerOperation, number>> = {
  revocationList: 120_000,
  root: makesKeyMs,
  issuingCa: makesKeyMs,
  issuingCaRequest: makesKeyMs,
  jwsKey: makesKeyMs,
  scepRa: makesKeyMs,
}

/** Work of RSA, which strangers ask for: of it no more are asked at once, so that nobody's certificate waits behind. */
const strangers: ReadonlySet<SignerOperation> = new Set(['scepContent', 'scepReply'])
const maxStrangers = 2

const provenWithinMs = 5_000

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
  #whyLost: Problem | undefined
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
    await this.#prove(socket, reader)
    socket.on('data', (piece: Buffer) => this.#take(socket, reader, piece))
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#lost())
    return socket
  }

  /** Before anything is asked: a signer that has not the secret gets no question. */
  async #prove(socket: Socket, reader: FrameReader): Promise<void> {
    const { secret } = this.#options
    if (secret === undefined) return
    try {
      const { nonce } = await nextStep(socket, reader)
      if (!isNonce(nonce)) throw new RangeError('no number of the signer')
      const nonces = [nonce, newNonce()] as const
      const proof = proofOf(secret, 'authority', nonces)
      socket.write(encodeFrame(proofTag, 0, { nonce: nonces[1], proof }))
      const answer = await nextStep(socket, reader)
      if (!isProof(answer['proof'], secret, 'signer', nonces)) throw new RangeError('no proof')
    } catch (cause) {
      socket.destroy()
      throw new Problem('signer_secret_wrong', { detail: this.#options.socket, cause })
    }
  }

  #take(socket: Socket, reader: FrameReader, piece: Buffer): void {
    try {
      for (const frame of reader.take(piece)) {
        // One that asks for a secret, where none is known, answers nothing else.
        if (frame.tag === outcomes.secret) this.#whyLost = new Problem('signer_secret_wrong')
        if (frame.tag === outcomes.secret) socket.destroy()
        else this.#settle(frame)
      }
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
    const why = this.#whyLost ?? unavailable('the connection ended')
    this.#whyLost = undefined
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(why)
    }
    this.#waiting.clear()
  }
}

/** The next message of a signer that proves its secret. */
async function nextStep(
  socket: Socket,
  reader: FrameReader,
): Promise<Readonly<Record<string, unknown>>> {
  const signal = AbortSignal.timeout(provenWithinMs)
  for (;;) {
    const closed = once(socket, 'close', { signal }).then((): [Buffer] => {
      throw new RangeError('the signer closed the connection')
    })
    const [piece] = (await Promise.race([once(socket, 'data', { signal }), closed])) as [Buffer]
    for (const { tag, body } of reader.take(piece)) {
      if (tag === outcomes.secret) return readStep(body)
      throw new RangeError('an answer to nothing that was asked')
    }
  }
}

function unavailable(found: string): Problem {
  return new Problem('signer_unavailable', {
    expected: 'a signer that answers',
    found,
    retryAfterSeconds: 1,
  })
}
