import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { isProblem, Problem } from '@sallyport/problem'
import type { Logger } from 'pino'
import type { Signer, SignerOperation } from '../signer.ts'
import { encodeFrame, type Frame, FrameReader } from './frames.ts'
import {
  maxQuestionBytes,
  operationNames,
  outcomes,
  proofTag,
  readMessage,
  readStep,
  refusalOf,
} from './operation-tags.ts'
import { isNonce, isProof, newNonce, proofOf } from './proof-of-secret.ts'
import { prepareSocketDirectory, refuseForeign, statOf } from './socket-place.ts'

/** An authority has one. More are those of one that ended, or nobody's. */
const maxConnections = 8
/** Questions of a connection at once: a connection with more is read no further until some are answered. */
const maxAtOnce = 64
/** And bytes of them, beside the one that is the last. */
const maxBytesAtOnce = 32 * 1024 * 1024
/** What is being signed when it ends is answered, if that is soon. */
const endWithinMs = 3_000
/** Whoever begins a question ends it, and whoever connects proves the secret, where there is one. */
const wholeWithinMs = 10_000
const provenWithinMs = 2_000

export type SignerServerOptions = {
  signer: Signer
  /** Absolute path. */
  socket: string
  log: Logger
  /** That of the authority as well, which proves that it has it before it asks. */
  secret?: string | undefined
  wholeWithinMs?: number
}

/**
 * Serves a signer at a socket that its user alone can reach.
 *
 * @returns what ends it, once what was asked is answered
 * @throws Problem `signer_socket_refused` where another signer serves there, or something else is there
 */
export async function serveSigner(options: SignerServerOptions): Promise<() => Promise<void>> {
  const { socket, log } = options
  prepareSocketDirectory(socket)
  await removeStale(socket)
  const open = new Set<Connection>()
  const server = createServer((peer) => {
    // Whoever proves nothing holds no place that the authority needs.
    if (open.size >= maxConnections) [...open].find(({ isProven }) => !isProven)?.drop()
    if (open.size >= maxConnections) {
      log.warn({ connections: open.size }, 'a connection to the signer was refused: too many')
      peer.destroy()
      return
    }
    const connection = new Connection(peer, options, () => open.delete(connection))
    open.add(connection)
  })
  await listenPrivately(server, socket)
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    await Promise.all([...open].map((connection) => connection.end()))
    await closed
  }
}

/** One authority that asks. */
class Connection {
  readonly #peer: Socket
  readonly #options: SignerServerOptions
  /** Of whoever proved nothing no question is even kept until it is whole. */
  readonly #reader = new FrameReader((tag) =>
    this.#isProven || tag === proofTag ? maxQuestionBytes(tag) : undefined,
  )
  readonly #working = new Set<Promise<void>>()
  #workingBytes = 0
  /** What waits until the peer has taken answers, or is gone. */
  readonly #untaken: (() => void)[] = []
  readonly #nonce = newNonce()
  readonly #onClose: () => void
  #isProven: boolean
  #timer: NodeJS.Timeout | undefined

  constructor(peer: Socket, options: SignerServerOptions, onClose: () => void) {
    this.#peer = peer
    this.#options = options
    this.#onClose = onClose
    this.#isProven = options.secret === undefined
    if (!this.#isProven) {
      this.#send(encodeFrame(outcomes.secret, 0, { nonce: this.#nonce }))
      this.#timer = setTimeout(() => this.drop(), provenWithinMs)
    }
    peer.on('data', (piece: Buffer) => this.#take(piece))
    peer.on('error', (error) =>
      options.log.debug({ err: error }, 'a connection to the signer broke'),
    )
    peer.on('drain', () => this.#taken())
    peer.on('close', () => {
      clearTimeout(this.#timer)
      this.#taken()
      // Its place comes back with the last of its questions: whoever asks and leaves has no more under way than who stays.
      void Promise.all(this.#working).then(onClose)
    })
  }

  get isProven(): boolean {
    return this.#isProven
  }

  drop(): void {
    this.#options.log.warn('a connection that proved no secret was ended')
    this.#peer.destroy()
    this.#onClose()
  }

  async end(): Promise<void> {
    this.#peer.pause()
    const late = new AbortController()
    const done = Promise.all(this.#working).then(() => late.abort())
    await Promise.race([done, pause(endWithinMs, undefined, late).catch(() => undefined)])
    this.#peer.destroySoon()
  }

  #take(piece: Buffer): void {
    try {
      for (const frame of this.#reader.take(piece)) {
        if (frame.tag === proofTag || !this.#isProven) this.#prove(frame)
        else this.#begin(frame)
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'what came to the signer is no message of ours')
      this.#peer.destroy()
      return
    }
    if (!this.#isProven) return
    clearTimeout(this.#timer)
    if (!this.#reader.isInside) return
    const { wholeWithinMs: most = wholeWithinMs } = this.#options
    this.#timer = setTimeout(() => this.#peer.destroy(), most)
  }

  /** @throws RangeError where it is no proof of the secret, or nothing is to be proven */
  #prove({ tag, body }: Frame): void {
    const { secret } = this.#options
    const { nonce, proof } = readStep(body)
    const isAsked = tag === proofTag && !this.#isProven && secret !== undefined
    if (!isAsked || !isNonce(nonce))
      throw new RangeError('a question without a proof of the secret')
    const nonces = [this.#nonce, nonce] as const
    if (!isProof(proof, secret, 'authority', nonces))
      throw new RangeError('a proof of another secret')
    this.#isProven = true
    this.#send(encodeFrame(outcomes.secret, 0, { proof: proofOf(secret, 'signer', nonces) }))
  }

  #begin(frame: Frame): void {
    const { length } = frame.body
    const work = this.#answer(frame).finally(() => {
      this.#working.delete(work)
      this.#workingBytes -= length
      if (!this.#hasEnough()) this.#peer.resume()
    })
    this.#working.add(work)
    this.#workingBytes += length
    if (this.#hasEnough()) this.#peer.pause()
  }

  #hasEnough(): boolean {
    return this.#working.size >= maxAtOnce || this.#workingBytes >= maxBytesAtOnce
  }

  async #answer({ tag, id, body }: Frame): Promise<void> {
    const { signer, log } = this.#options
    const operation = operationNames[tag]
    if (operation === undefined) throw new TypeError(`No operation ${tag}`)
    let answer: Buffer
    try {
      answer = encodeFrame(outcomes.answered, id, await run(signer, operation, body))
    } catch (error) {
      const problem = isProblem(error) ? error : new Problem('internal_error', { cause: error })
      if (problem.code === 'signer_refused') {
        log.warn(
          { operation, expected: problem.expected, found: problem.found },
          'the signer refused',
        )
      } else if (problem.code === 'key_missing') {
        // Roots lie offline: what to do without them the authority knows, and says.
        log.warn({ operation, detail: problem.detail }, 'the key for this is not here')
      } else log.error({ operation, err: error }, 'the signer failed')
      answer = encodeFrame(outcomes.refused, id, refusalOf(problem))
    }
    await this.#sendWhole(answer)
  }

  /** A question is under way until its answer is taken: whoever reads nothing is not read either. */
  async #sendWhole(frame: Buffer): Promise<void> {
    if (this.#send(frame)) return
    await new Promise<void>((resolve) => this.#untaken.push(resolve))
  }

  #taken(): void {
    for (const resolve of this.#untaken.splice(0)) resolve()
  }

  /** @returns whether more may be written now */
  #send(frame: Buffer): boolean {
    return this.#peer.destroyed || this.#peer.write(frame)
  }
}

async function run(signer: Signer, operation: SignerOperation, body: Buffer): Promise<unknown> {
  const input = readMessage(operation, 'input', body)
  // Its schema is that of this operation.
  const ask = signer[operation] as (input: unknown) => Promise<unknown>
  return ask(input)
}

/** A process that was killed leaves its socket behind. Where someone answers, it is in use. */
async function removeStale(socket: string): Promise<void> {
  const there = statOf(socket)
  if (there === undefined) return
  refuseForeign(socket, there, 'socket')
  if (await answers(socket)) {
    throw new Problem('signer_socket_refused', {
      detail: socket,
      expected: 'one signer for each directory of keys',
      found: 'another that serves there',
    })
  }
  rmSync(socket, { force: true })
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const peer = connect(socket)
    const settle = (isThere: boolean) => {
      peer.destroy()
      resolve(isThere)
    }
    peer.once('connect', () => settle(true))
    peer.once('error', () => settle(false))
  })
}

/** Its mode is right from its first moment: the directory is its owner's alone, and so is the socket. */
function listenPrivately(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const before = process.umask(0o177)
    try {
      server.listen(socket, () => {
        server.off('error', reject)
        chmodSync(socket, 0o600)
        resolve()
      })
    } finally {
      process.umask(before)
    }
  })
}
