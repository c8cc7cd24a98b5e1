import type { ServerResponse } from 'node:http'
import { constants, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { jsonString } from '../log/json-string.ts'
import type { Caller } from '../pipeline/caller.ts'
import { type CallerBlock, forwardedField } from '../pipeline/identity-fields.ts'
import type { ServedRequest } from '../pipeline/served-request.ts'
import type { Refusal } from '../pipeline/stage.ts'
import type { PresentedToken } from '../tokens/known-token.ts'
import { PresentedCertificate } from '../trust/presented-certificate.ts'
import type { PresentedLeaf } from '../trust/presented-leaf.ts'
import type { Host } from '../worker/host.ts'
import type { Listener } from '../worker/listener.ts'

/** How a connection is counted when a change ends it. */
export type ConnectionKind = 'http1' | 'http2' | 'webSocket'

/** How long what is open on a connection may go on when it is asked to end. */
const gracefulEndMs = 30_000
/** How long a client may take to read the last answer. */
const soonMs = 5_000
const lingerMs = 2_000
const maxThrownAwayBytes = 256 * 1024

export type ConnectionOptions = {
  readonly socket: Socket
  readonly listener: Listener
  readonly protocol: 'h2' | 'http/1.1'
  /** The version of TLS; undefined where a proxy in front has ended it. */
  readonly tls: string | undefined
  readonly host: Host
  readonly serverName: string | undefined
  readonly address: string
  /** Who dialled: a balancer with PROXY protocol, or the client itself. */
  readonly peerAddress: string
  /** The certificate that was presented, on the handshake's own word. */
  readonly der: Buffer | undefined
}

/** A client's connection behind its handshake, HTTP/1 or HTTP/2; or that of a proxy in front. */
export class Connection implements Caller {
  readonly socket: Socket
  readonly listener: Listener
  readonly protocol: 'h2' | 'http/1.1'
  readonly scheme: 'https' | 'http'
  /** The SNI; undefined where the client named no host and got the default one. */
  readonly serverName: string | undefined
  readonly address: string
  readonly peerAddress: string
  /** Of a proxy in front, which the listener is for. */
  readonly hopCertificate: Buffer | undefined
  /** What every line of the access log says of this connection. */
  readonly logMembers: string
  /** What services are told of where it comes from. */
  readonly forwarded: string
  /** Replaced when a new configuration is taken over. */
  host: Host
  kind: ConnectionKind = 'http1'
  session: ServerHttp2Session | undefined
  /** The answer that HTTP/1 is busy with, or was last. */
  response: ServerResponse | undefined

  /** Requests under way, oldest first. */
  readonly requests = new Set<ServedRequest>()
  /** Monotonic milliseconds: when a request last began or ended. */
  lastActiveAt: number
  /** Asked to end; from then on every answer of HTTP/1 is its last. */
  isEnding = false
  /** Set by the parser's callback for the request that comes next. */
  hasUnsupportedUpgrade = false

  /** Authority last found to be that of the host. */
  acceptedAuthority: string | undefined
  /** The version of the status table that `statusRefusal` was found in. */
  statusVersion = -1
  statusRefusal: Refusal | undefined
  addressVersion = -1
  addressGoodUntil = 0
  addressRefusal: Refusal | undefined
  presentedToken: PresentedToken | undefined
  saidBlock: CallerBlock | undefined

  readonly #certificate: PresentedCertificate

  constructor(options: ConnectionOptions) {
    const isHop = options.listener.hop !== undefined
    this.socket = options.socket
    this.listener = options.listener
    this.protocol = options.protocol
    this.scheme = options.tls === undefined ? 'http' : 'https'
    this.peerAddress = options.peerAddress
    this.hopCertificate = isHop ? options.der : undefined
    this.host = options.host
    this.serverName = options.serverName
    this.address = options.address
    this.#certificate = new PresentedCertificate(isHop ? undefined : options.der)
    const { name } = options.host.plan
    this.logMembers = `"address":${jsonString(options.address)},"host":${jsonString(name)},"tls":"${options.tls ?? 'none'}"`
    this.forwarded = forwardedField(this)
    this.lastActiveAt = performance.now()
  }

  get hasCertificate(): boolean {
    return this.#certificate.isThere
  }

  /** The certificate as the host's present trust sees it: verified once per connection and trust. */
  currentLeaf(): PresentedLeaf | undefined {
    return this.#certificate.leafUnder(this.host.trust, this)
  }

  /** What is under way is cut off. HTTP/2 clients are told so by GOAWAY with this code. */
  endNow(code: number = constants.NGHTTP2_NO_ERROR): void {
    this.isEnding = true
    if (this.session === undefined || this.session.destroyed) {
      this.socket.destroy()
      return
    }
    // Without an error, node takes no code but NO_ERROR.
    if (code === constants.NGHTTP2_NO_ERROR) this.session.destroy()
    else this.session.destroy(new Error(`ended with code ${code}`), code)
    this.#endWithin(lingerMs)
  }

  /** What is under way is finished, within bounds; nothing new is begun. */
  endGracefully(): void {
    if (this.isEnding) return
    this.isEnding = true
    if (this.session !== undefined) this.session.close()
    else if (this.requests.size === 0) this.socket.destroySoon()
    else if (this.response?.headersSent === false) this.response.shouldKeepAlive = false
    this.#endWithin(gracefulEndMs)
  }

  /** What was written still goes out; nothing more is waited for. */
  endSoon(): void {
    this.isEnding = true
    if (this.session === undefined) this.socket.destroySoon()
    else this.session.close()
    this.#endWithin(soonMs)
  }

  /**
   * Sends these bytes and ends, on HTTP/1. What the client still sends is read and thrown away for a
   * moment: closing before would make the kernel send a reset, which can reach the client before the
   * bytes do (RFC 9112 §9.6).
   */
  endWith(bytes: string): void {
    this.isEnding = true
    const { socket } = this
    let thrownAway = 0
    socket.removeAllListeners('data')
    socket.on('data', (chunk: Buffer) => {
      thrownAway += chunk.length
      // From here on the client is left waiting, until it has read the answer or the moment is over.
      if (thrownAway > maxThrownAwayBytes) socket.pause()
    })
    socket.resume()
    socket.end(bytes)
    this.#endWithin(lingerMs)
  }

  #endWithin(ms: number): void {
    if (this.socket.destroyed) return
    const timer = setTimeout(() => this.endNow(), ms)
    timer.unref()
    this.socket.once('close', () => clearTimeout(timer))
  }
}
