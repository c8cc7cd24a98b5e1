import { rmSync } from 'node:fs'
import net, { type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer } from 'node:tls'
import type { Log } from '../log/log.ts'
import type { Host } from '../worker/host.ts'
import type { Address } from '../worker/messages.ts'
import type { RequestBooks } from '../worker/request-books.ts'
import { CallCounters } from './call-counters.ts'
import { Decider } from './decider.ts'
import { callersOf, socketPeer, tlsPeer } from './decision-peer.ts'
import type { DecisionsPlan, DecisionTlsPlan } from './decisions-plan.ts'
import { type GrpcDecisions, grpcDecisions, type GrpcDecisionsOptions } from './grpc-decisions.ts'
import { HttpDecisions } from './http-decisions.ts'
import { listenOnSocket } from './unix-socket.ts'

export type DecisionDoorOptions = {
  /** Of the configuration in force; listeners stay what they were at the start. */
  readonly plan: () => DecisionsPlan | undefined
  readonly hostOf: (name: string) => Host | undefined
  readonly nextRequestId: () => string
  readonly books: RequestBooks
  readonly log: Log
}

/** What of the listeners is this worker's, as claimed at the start. */
export type DecisionListeners = {
  /** Absolute paths: no two workers share one. */
  readonly sockets: readonly string[]
  /** In the order of the plan, with the ports that were found. */
  readonly addresses: readonly Address[]
  readonly sharesPorts: boolean
}

/** Connections of a worker; a proxy keeps some for each of its own threads. */
const maxConnections = 1_024
const firstBytesMs = 5_000
/** RFC 9113 §3.4; no request of HTTP/1 begins so. */
const http2Preface = Buffer.from('PRI * HTTP/2.0\r\n')

/** Where proxies ask: takes their connections in, and hands each to what speaks its protocol. */
export class DecisionDoor {
  readonly #options: DecisionDoorOptions
  readonly #counters = new CallCounters()
  readonly #http: HttpDecisions
  readonly #answering: GrpcDecisionsOptions
  readonly #servers: net.Server[] = []
  readonly #connections = new Set<Duplex>()
  #sockets: readonly string[] = []
  #grpc: GrpcDecisions | undefined

  constructor(options: DecisionDoorOptions) {
    this.#options = options
    const { plan, log } = options
    this.#answering = {
      decider: new Decider({ ...options, answerMs: () => plan()?.answerMs ?? 0 }),
      counters: this.#counters,
      callersOf: (peer) => callersOf(peer, plan()?.callers ?? []),
      log,
    }
    this.#http = new HttpDecisions(this.#answering)
  }

  /**
   * Listens. Resolves when every listener takes connections.
   *
   * @throws Problem `port_in_use`
   */
  async open(listeners: DecisionListeners, plan: DecisionsPlan): Promise<void> {
    // A caller that speaks gRPC may also come with a later configuration.
    this.#grpc = await grpcDecisions(this.#answering)
    for (const file of listeners.sockets) {
      const server = net.createServer((socket) => this.#takeRaw(socket))
      this.#servers.push(server)
      await listenOnSocket(server, file)
      this.#sockets = [...this.#sockets, file]
    }
    for (const [index, { host, port }] of listeners.addresses.entries()) {
      const server = this.#tlsServer(plan.tls[index])
      this.#servers.push(server)
      const reusePort = listeners.sharesPorts
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port, reusePort }, resolve)
      })
    }
  }

  /** Takes nothing more; what is being asked is answered. */
  close(): void {
    for (const server of this.#servers) server.close()
    for (const file of this.#sockets) rmSync(file, { force: true })
    this.#http.close()
    this.#grpc?.close()
  }

  counts(): ReturnType<CallCounters['rows']> {
    return this.#counters.rows()
  }

  #tlsServer(tls: DecisionTlsPlan | undefined): net.Server {
    if (tls === undefined) throw new TypeError('An address without its certificates')
    const server = createServer({
      cert: tls.certificate,
      key: tls.key,
      ca: tls.callerCa,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: firstBytesMs,
    })
    server.on('secureConnection', (socket) => {
      if (!this.#keep(socket)) return
      const peer = tlsPeer(socket)
      // A certificate of the right CA alone is not enough: it must be a listed caller's.
      if (callersOf(peer, this.#options.plan()?.callers ?? []).length === 0) {
        this.#options.log.warn({ names: [...(peer.names ?? [])] }, 'a caller that is not listed')
        socket.destroy()
      } else if (socket.alpnProtocol === 'h2') this.#grpc?.accept(socket, true)
      else this.#http.accept(socket, peer)
    })
    server.on('tlsClientError', (error) =>
      this.#options.log.info({ error: error.message }, 'a handshake of a caller failed'),
    )
    return server
  }

  // Over a Unix socket there is no ALPN: the first bytes say which protocol it is.
  #takeRaw(socket: Socket): void {
    if (!this.#keep(socket)) return
    const timer = setTimeout(() => socket.destroy(), firstBytesMs)
    socket.once('close', () => clearTimeout(timer))
    socket.once('data', (first: Buffer) => {
      clearTimeout(timer)
      socket.pause()
      const length = Math.min(first.length, http2Preface.length)
      const isHttp2 = first.subarray(0, length).equals(http2Preface.subarray(0, length))
      socket.unshift(first)
      if (isHttp2) this.#grpc?.accept(socket, false)
      else this.#http.accept(socket, socketPeer)
      process.nextTick(() => socket.resume())
    })
  }

  #keep(socket: Duplex): boolean {
    socket.on('error', () => socket.destroy())
    if (this.#connections.size >= maxConnections) {
      this.#options.log.warn({ maxConnections }, 'a caller was turned away: too many connections')
      socket.destroy()
      return false
    }
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
    return true
  }
}
