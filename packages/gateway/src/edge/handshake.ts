import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ReasonCode } from '@sallyport/problem'
import type { HandshakeRecord } from '@sallyport/wire'
import type { Refusal } from '../pipeline/stage.ts'
import type { Host } from '../worker/host.ts'
import { type ClientHello, maxClientHelloBytes, readClientHello } from './client-hello.ts'
import { Connection } from './connection.ts'
import { handshakeReason, handshakeWords } from './handshake-failure.ts'

/** What a handshake needs of its worker. */
export type HandshakeOwner = {
  /** The host of a name, or the default one where no name was given. */
  readonly hostFor: (serverName: string | undefined) => Host | undefined
  /** What is said against the device of a `require` host, before it may send a request. */
  readonly checkDevice: (connection: Connection) => Refusal | undefined
  readonly succeeded: (handshake: Handshake, connection: Connection) => void
  /** Told once, instead of `succeeded`. */
  readonly failed: (handshake: Handshake, record: HandshakeRecord) => void
  /** The client went away without a byte, as health checks of balancers do. */
  readonly abandoned: (handshake: Handshake) => void
}

const alpnProtocols = ['h2', 'http/1.1']
// Records of one byte each, and their headers.
const maxPeekedBytes = 2 * maxClientHelloBytes
/**
 * What a client sends of a handshake: hello, chain, proof. A device's is 4 KiB. OpenSSL takes a chain of
 * 100 KiB, and a certificate costs forty times its size in memory for as long as the connection lives.
 */
const maxHandshakeBytes = 24 * 1024
/** TLS alert 112, unrecognized_name, fatal (RFC 6066 §3): the only one that we must write ourselves. */
const unrecognizedName = Buffer.from([21, 3, 3, 0, 2, 2, 112])
const plainHttp = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|PRI) /
const plainHttpWords = 'This port speaks TLS alone: use https://\n'
const plainHttpAnswer =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n' +
  `Content-Length: ${plainHttpWords.length}\r\n\r\n${plainHttpWords}`

type Facts = Pick<HandshakeRecord, 'expected' | 'found' | 'thumbprint'>
/** What a record takes of each. Names in a certificate are as long as a stranger likes. */
const maxFactCharacters = 500

/** A connection from its first byte to the end of its handshake. */
export class Handshake {
  readonly startedAt = performance.now()
  readonly #address: string
  readonly #raw: Socket
  readonly #owner: HandshakeOwner
  #bytes: Buffer | undefined
  #serverName: string | undefined
  #host: Host | undefined
  #tls: TLSSocket | undefined
  #isOver = false

  constructor(raw: Socket, owner: HandshakeOwner) {
    this.#raw = raw
    this.#owner = owner
    this.#address = plainAddress(raw.remoteAddress ?? '')
    raw.on('error', (error) => this.#broke(error))
    raw.on('close', () => this.#broke(undefined))
    raw.on('data', this.#received)
  }

  /** Whether the client has said yet what it wants. */
  get hasHello(): boolean {
    return this.#tls !== undefined
  }

  /** Ends it where it has become larger than any. Called every second or so. */
  checkSize(): void {
    const { bytesRead } = this.#raw
    if (bytesRead > maxHandshakeBytes) this.#tooLarge(bytesRead)
  }

  /** Its time is over. */
  expire(): void {
    this.fail('handshake_timeout', {
      found: this.#tls === undefined ? 'no whole ClientHello' : 'no end',
    })
  }

  /** Without a record: the gateway has no room, or goes out of service. */
  drop(): void {
    this.#isOver = true
    this.#raw.destroy()
  }

  fail(code: ReasonCode, facts: Facts): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.failed(this, {
      at: Date.now(),
      address: this.#address,
      ...(this.#serverName === undefined ? {} : { serverName: this.#serverName }),
      ...(this.#host === undefined ? {} : { clientCertificate: this.#host.plan.clientCertificate }),
      code,
      ...bounded(facts),
    })
    this.#tls?.destroy()
    // What was written, an alert, still goes out.
    this.#raw.destroySoon()
  }

  readonly #received = (chunk: Buffer): void => {
    const bytes = this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes, chunk])
    this.#bytes = bytes
    const reading = readClientHello(bytes)
    if (reading.state === 'more') {
      if (bytes.length <= maxPeekedBytes) return
      this.fail('handshake_client_hello_too_large', { found: `${bytes.length} bytes` })
    } else if (reading.state === 'refused') {
      const isHttp = plainHttp.test(bytes.toString('latin1', 0, 8))
      if (isHttp) this.#raw.write(plainHttpAnswer)
      this.fail(reading.code, {
        expected: 'a TLS ClientHello of at most 16 KiB',
        found: isHttp ? 'a request in plain HTTP' : reading.found,
      })
    } else this.#begin(reading.hello, bytes)
  }

  #begin(hello: ClientHello, bytes: Buffer): void {
    this.#serverName = hello.serverName
    const host = this.#owner.hostFor(hello.serverName)
    if (host === undefined) {
      this.#raw.write(unrecognizedName)
      this.fail('handshake_host_unknown', {
        expected: 'the name of a host of this gateway (SNI)',
        found: hello.serverName ?? 'no name',
      })
      return
    }
    this.#host = host
    this.#raw.removeListener('data', this.#received)
    this.#raw.pause()
    // TLSSocket takes what is buffered here first, and then reads the handle itself.
    this.#raw.unshift(bytes)
    this.#bytes = undefined
    const { clientCertificate } = host.plan
    const tls = new TLSSocket(this.#raw, {
      isServer: true,
      secureContext: host.secureContext,
      requestCert: clientCertificate !== 'off',
      // To TLS this means: an alert where there is no certificate at all.
      rejectUnauthorized: clientCertificate === 'require',
      ALPNProtocols: alpnProtocols,
    })
    this.#tls = tls
    tls.on('error', (error) => this.#broke(error))
    tls.on('secure', () => this.#secured(host, tls))
  }

  #secured(host: Host, tls: TLSSocket): void {
    if (this.#isOver) return
    // A first request may have come with the last of the handshake. In the next turn it is decrypted,
    // and can be told from it: nobody reads it before.
    if (this.#raw.bytesRead <= maxHandshakeBytes) this.#finish(host, tls)
    else setImmediate(() => this.#finish(host, tls))
  }

  #finish(host: Host, tls: TLSSocket): void {
    if (this.#isOver) return
    const bytes = this.#raw.bytesRead - tls.readableLength
    if (bytes > maxHandshakeBytes) {
      this.#tooLarge(bytes)
      return
    }
    releaseControl(tls)
    const isAsked = host.plan.clientCertificate !== 'off'
    const connection = new Connection({
      socket: tls,
      host,
      serverName: this.#serverName,
      address: this.#address,
      der: isAsked ? tls.getPeerX509Certificate()?.raw : undefined,
    })
    const refusal =
      host.plan.clientCertificate === 'require' ? this.#owner.checkDevice(connection) : undefined
    if (refusal === undefined) {
      this.#isOver = true
      this.#owner.succeeded(this, connection)
      return
    }
    const thumbprint = connection.currentLeaf()?.thumbprint
    this.fail(refusal.code, {
      ...(refusal.expected === undefined ? {} : { expected: refusal.expected }),
      ...(refusal.found === undefined ? {} : { found: refusal.found }),
      ...(thumbprint === undefined ? {} : { thumbprint }),
    })
  }

  #tooLarge(bytes: number): void {
    this.fail('handshake_failed', {
      expected: `a handshake of at most ${maxHandshakeBytes} bytes`,
      found: `${bytes} bytes: a chain of many certificates`,
    })
  }

  #broke(error: NodeJS.ErrnoException | undefined): void {
    if (this.#isOver) return
    if (this.#bytes === undefined && this.#tls === undefined) {
      this.#isOver = true
      this.#owner.abandoned(this)
      this.#raw.destroy()
    } else if (error === undefined || error.code === 'ECONNRESET' || error.code === 'EPIPE') {
      this.fail('handshake_failed', { found: 'the client closed the connection' })
    } else this.fail(handshakeReason(error), { found: handshakeWords(error) })
  }
}

/**
 * What tls.Server does with a socket before it hands it out: it is told that the handshake is over, which
 * node:http2 waits for, and to tell errors of TLS from now on, which it otherwise keeps to itself. We are
 * in tls.Server's place, since that one destroys a socket whose chain it does not like without saying
 * whose certificate it was. Were `_releaseControl` ever gone, such a connection would end when idle.
 */
function releaseControl(tls: TLSSocket & { secureConnecting?: boolean }): void {
  tls.secureConnecting = false
  if ('_releaseControl' in tls && typeof tls._releaseControl === 'function') tls._releaseControl()
  // Whoever takes the connection over listens as well; nobody at all would end the process.
  tls.on('error', ignore)
}

function bounded({ expected, found, ...rest }: Facts): Facts {
  return {
    ...rest,
    ...(expected === undefined ? {} : { expected: expected.slice(0, maxFactCharacters) }),
    ...(found === undefined ? {} : { found: found.slice(0, maxFactCharacters) }),
  }
}

/** An IPv4 address as itself, also where it came by way of an IPv6 socket (RFC 4291 §2.5.5.2). */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

function ignore(): void {}
