import type { Server, Socket } from 'node:net'
import type { Holders } from './holders.ts'
import { Turns, type TurnsOptions } from './turns.ts'
import { WaitingConnections } from './waiting-connections.ts'

/** Of strangers: with more, the oldest are closed. A socket that waits holds a few kilobytes. */
const maxWaiting = 4_096
/** Whoever waited longer has likely gone, or comes again. */
const maxWaitMs = 5_000
/** A crowd that came at once is closed a few at a time: whatever each has sent is freed with it. */
const sweep = { everyMs: 20, atMost: 32 } as const
/** So long the handshake of someone who is expected to hold a certificate counts as work for a holder. */
const handshakeMs = 20
/**
 * Strangers that were let in and have not left. Whoever connects and sends nothing yet costs nothing: without a
 * bound thousands would be let in meanwhile, and whatever they send later is read in one round of the event loop.
 */
const inHand = {
  /** `forMs`: for no longer, so that who is silent or far away (a round trip of 100 ms) makes nobody wait. */
  otherwise: { atMost: 16, forMs: 50 },
  /** The handshakes of all in hand may be computed in one round of the event loop, before a holder who comes then. */
  amidHolders: { atMost: 4, forMs: 20 },
} as const

/** What was let in, and what was not, since the start. */
export type AdmissionCounts = {
  readonly waiting: number
  readonly expected: number
  readonly admitted: number
  readonly dropped: number
}

/**
 * Decides when a connection is looked at: before the first byte is read, and before TLS computes anything for it.
 * From where holders of certificates called lately it is at once; strangers take turns.
 */
export class ConnectionAdmission {
  readonly #holders: Holders
  readonly #turns: Turns
  readonly #waiting = new WaitingConnections(maxWaiting)
  #sweeping: NodeJS.Timeout | undefined
  #inHand = 0
  #expected = 0
  #admitted = 0
  #dropped = 0

  constructor(holders: Holders, options: TurnsOptions = {}) {
    this.#holders = holders
    this.#turns = new Turns(holders, options)
  }

  get counts(): AdmissionCounts {
    const [expected, admitted, dropped] = [this.#expected, this.#admitted, this.#dropped]
    return { waiting: this.#waiting.size, expected, admitted, dropped }
  }

  /** Whether strangers wait: whoever is refused then had better not hold a connection. */
  get isCrowded(): boolean {
    return this.#waiting.size > 0
  }

  /** Stands before the server's own listener. The server must have been made with `pauseOnConnect`. */
  guard<S extends Server>(server: S): S {
    const listeners = server.listeners('connection')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      const admit = () => {
        for (const listener of listeners) listener.call(server, socket)
      }
      this.#arrived(socket, admit)
    })
    return server
  }

  /** Closes what waits. */
  close(): void {
    clearInterval(this.#sweeping)
    this.#sweeping = undefined
    for (const { socket } of this.#waiting.olderThan(Number.POSITIVE_INFINITY)) socket.destroy()
  }

  #arrived(socket: Socket, admit: () => void): void {
    this.#holders.arrivals++
    const { remoteAddress } = socket
    if (remoteAddress === undefined) {
      socket.destroy()
      return
    }
    if (this.#holders.expects(remoteAddress)) {
      this.#expected++
      const done = this.#holders.begin()
      setTimeout(done, handshakeMs).unref()
      admit()
      return
    }
    // Until it is somebody's, an error of it is nobody's: its client has gone.
    socket.on('error', ignore)
    const since = performance.now()
    const surplus = this.#waiting.add({ socket, since, admit }, remoteAddress)
    if (surplus !== undefined) this.#drop(surplus.socket)
    this.#sweeping ??= setInterval(() => this.#sweep(), sweep.everyMs)
    this.#admitNext()
  }

  readonly #admitNext = (): void => {
    if (this.#waiting.size === 0 || this.#inHand >= this.#bounds.atMost) return
    if (!this.#turns.take(this.#admitNext)) return
    const next = this.#waiting.next()
    if (next === undefined || next.socket.destroyed) return
    next.socket.off('error', ignore)
    this.#admitted++
    this.#takeInHand(next.socket)
    next.admit()
  }

  get #bounds() {
    return this.#holders.areAbout ? inHand.amidHolders : inHand.otherwise
  }

  #takeInHand(socket: Socket): void {
    this.#inHand++
    const done = () => {
      clearTimeout(timer)
      socket.off('close', done)
      this.#inHand--
      this.#admitNext()
    }
    const timer = setTimeout(done, this.#bounds.forMs).unref()
    socket.on('close', done)
  }

  #sweep(): void {
    const before = performance.now() - maxWaitMs
    for (const { socket } of this.#waiting.olderThan(before, sweep.atMost)) this.#drop(socket)
    if (this.#waiting.size > 0) return
    clearInterval(this.#sweeping)
    this.#sweeping = undefined
  }

  #drop(socket: Socket): void {
    this.#dropped++
    socket.destroy()
  }
}

function ignore(): void {}
