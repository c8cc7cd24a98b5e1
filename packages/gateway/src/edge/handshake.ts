import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ReasonCode } from '@sallyport/problem'
import { acmeProtocol, asksForChallenge } from '../certificates/acme-protocol.ts'
import type { Host } from '../worker/host.ts'
import type { Listener } from '../worker/listener.ts'
import { type ClientHello, maxClientHelloBytes, readClientHello } from './client-hello.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { handshakeReason, handshakeWords, helloWords } from './handshake-failure.ts'
import { boundedFacts, type FaultFacts } from './handshake-fault.ts'
import type { HandshakeOwner } from './handshake-owner.ts'
import { internalError, plainHttp, plainHttpAnswer, unrecognizedName } from './opening-answers.ts'
import { peerAddress } from './peer-address.ts'
import { plainProtocol } from './plain-opening.ts'
import { maxProxyHeaderBytes, readProxyHeader } from './proxy-header.ts'
import { releaseControl } from './release-control.ts'

const alpnProtocols = ['h2', 'http/1.1']
// Records of one byte each, and their headers.
const maxPeekedBytes = 2 * maxClientHelloBytes
/**
 * What a client sends of a handshake: hello, chain, proof. A device's is 4 KiB. OpenSSL takes a chain of
 * 100 KiB, and a certificate costs forty times its size in memory for as long as the connection lives.
 */
const maxHandshakeBytes = 24 * 1024
/** How long a CA may take to close a connection that has told it all. */
const challengeMs = 5_000
/** A connection from its first byte to the end of its handshake. */
export class Handshake {
  readonly startedAt = performance.now()
  readonly #listener: Listener
  readonly #peerAddress: string
  readonly #raw: Socket
  readonly #owner: HandshakeOwner
  /** Of the client, as soon as it is known: a balancer may be in between. */
  #address: string
  #awaitsProxyHeader: boolean
  #proxyHeaderBytes = 0
  #bytes: Buffer | undefined
  #serverName: string | undefined
  #host: Host | undefined
  #tls: TLSSocket | undefined
  #isOver = false

  constructor(raw: Socket, owner: HandshakeOwner, listener: Listener) {
    this.#raw = raw
    this.#owner = owner
    this.#listener = listener
    this.#peerAddress = peerAddress(raw)
    this.#address = this.#peerAddress
    this.#awaitsProxyHeader = listener.proxies !== undefined
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
    const bytes = this.#raw.bytesRead - this.#proxyHeaderBytes
    if (bytes > maxHandshakeBytes) this.#tooLarge(bytes)
  }

  /** Its time is over. */
  expire(): void {
    this.fail('handshake_timeout', { found: this.#awaited() })
  }

  /** Without a record: the gateway has no room, or goes out of service. */
  drop(): void {
    this.#isOver = true
    this.#raw.destroy()
  }

  fail(code: ReasonCode, facts: FaultFacts): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.failed(this, {
      at: Date.now(),
      address: this.#address,
      ...(this.#serverName === undefined ? {} : { serverName: this.#serverName }),
      ...(this.#host === undefined ? {} : { clientCertificate: this.#host.plan.clientCertificate }),
      code,
      ...boundedFacts(facts),
    })
    this.#tls?.destroy()
    // What was written, an alert, still goes out.
    this.#raw.destroySoon()
  }

  readonly #received = (chunk: Buffer): void => {
    this.#bytes = this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes, chunk])
    if (this.#awaitsProxyHeader) this.#readProxyHeader(this.#bytes)
    if (this.#isOver || this.#awaitsProxyHeader || this.#bytes === undefined) return
    if (this.#listener.plan.isPlain) this.#readPlainOpening(this.#bytes)
    else this.#readHello(this.#bytes)
  }

  #awaited(): string {
    if (this.#awaitsProxyHeader) return 'no whole PROXY protocol header'
    return this.#tls === undefined ? 'no whole ClientHello' : 'no end'
  }

  #readProxyHeader(bytes: Buffer): void {
    const reading = readProxyHeader(bytes)
    if (reading.state === 'more') return
    if (reading.state === 'refused') {
      this.fail('handshake_proxy_header_invalid', {
        expected: `a PROXY protocol header of at most ${maxProxyHeaderBytes} bytes`,
        found: reading.found,
      })
      return
    }
    this.#awaitsProxyHeader = false
    this.#proxyHeaderBytes = reading.length
    this.#bytes = reading.length === bytes.length ? undefined : bytes.subarray(reading.length)
    if (reading.source === undefined) return
    this.#address = reading.source
    const fault = this.#owner.checkAddress(this.#raw, reading.source)
    if (fault !== undefined) this.fail(fault.code, fault.facts)
  }

  // A proxy that ends TLS for its clients may leave it out to us. The request's own host is told by each.
  #readPlainOpening(bytes: Buffer): void {
    const protocol = plainProtocol(bytes)
    const host = this.#owner.hostFor(undefined, true)
    if (protocol === undefined) return
    if (host === undefined) {
      this.fail('handshake_host_unknown', { found: 'no host at all' })
      return
    }
    this.#raw.removeListener('data', this.#received)
    this.#raw.pause()
    this.#raw.unshift(bytes)
    this.#bytes = undefined
    const socket = this.#raw
    this.#done(this.#connection({ socket, host, protocol, tls: undefined, der: undefined }))
  }

  #readHello(bytes: Buffer): void {
    const reading = readClientHello(bytes)
    if (reading.state === 'more') {
      if (bytes.length <= maxPeekedBytes) return
      this.fail('handshake_client_hello_too_large', { found: `${bytes.length} bytes` })
    } else if (reading.state === 'refused') {
      const isHttp = plainHttp.test(bytes.toString('latin1', 0, 8))
      if (isHttp) this.#raw.write(plainHttpAnswer)
      this.fail(reading.code, {
        expected: 'a TLS ClientHello of at most 16 KiB',
        found: isHttp ? 'a request in plain HTTP' : helloWords(bytes, reading.found),
      })
    } else this.#begin(reading.hello, bytes)
  }

  #begin(hello: ClientHello, bytes: Buffer): void {
    this.#serverName = hello.serverName
    if (asksForChallenge(hello.alpnProtocols) && this.#answersChallenge(hello, bytes)) return
    const { hop } = this.#listener
    const host = this.#owner.hostFor(hello.serverName, hop !== undefined)
    if (host === undefined) {
      this.#raw.write(unrecognizedName)
      this.fail('handshake_host_unknown', {
        expected: 'the name of a host of this gateway (SNI)',
        found: hello.serverName ?? 'no name',
      })
      return
    }
    this.#host = host
    const { secureContext, stapler } = host.identity
    if (secureContext === undefined) {
      this.#raw.write(internalError)
      this.fail('handshake_certificate_missing', {
        expected: `a certificate of ${host.plan.name}, by ACME`,
        found: 'none yet: the log of the gateway says why',
      })
      return
    }
    this.#giveBack(bytes)
    const { clientCertificate } = host.plan
    const isAsked = hop === undefined ? clientCertificate !== 'off' : hop.asksForCertificate
    const tls = new TLSSocket(this.#raw, {
      isServer: true,
      secureContext,
      ...(stapler === undefined ? {} : { server: stapler }),
      requestCert: isAsked,
      // To TLS this means: an alert where there is no certificate at all.
      rejectUnauthorized: hop === undefined && clientCertificate === 'require',
      ALPNProtocols: alpnProtocols,
    })
    this.#tls = tls
    tls.on('error', (error) => this.#broke(error))
    tls.on('secure', () => this.#secured(host, tls, isAsked))
  }

  #giveBack(bytes: Buffer): void {
    this.#raw.removeListener('data', this.#received)
    this.#raw.pause()
    // TLSSocket takes what is buffered here first, and then reads the handle itself.
    this.#raw.unshift(bytes)
    this.#bytes = undefined
  }

  // RFC 8737 §3: the CA looks at the certificate, and nothing is ever served on such a connection.
  #answersChallenge({ serverName = '' }: ClientHello, bytes: Buffer): boolean {
    const secureContext = this.#owner.challengeFor(serverName)
    if (secureContext === undefined) return false
    this.#giveBack(bytes)
    const tls = new TLSSocket(this.#raw, {
      isServer: true,
      secureContext,
      ALPNProtocols: [acmeProtocol],
    })
    this.#tls = tls
    tls.on('error', (error) => this.#broke(error))
    tls.on('secure', () => {
      if (this.#isOver) return
      this.#isOver = true
      this.#owner.abandoned(this)
      this.#raw.setTimeout(challengeMs, () => this.#raw.destroy())
      tls.end()
    })
    return true
  }

  #secured(host: Host, tls: TLSSocket, isAsked: boolean): void {
    if (this.#isOver) return
    // A first request may have come with the last of the handshake. In the next turn it is decrypted,
    // and can be told from it: nobody reads it before.
    const bytes = this.#raw.bytesRead - this.#proxyHeaderBytes
    if (bytes <= maxHandshakeBytes) this.#finish(host, tls, isAsked)
    else setImmediate(() => this.#finish(host, tls, isAsked))
  }

  #finish(host: Host, tls: TLSSocket, isAsked: boolean): void {
    if (this.#isOver) return
    const bytes = this.#raw.bytesRead - this.#proxyHeaderBytes - tls.readableLength
    if (bytes > maxHandshakeBytes) {
      this.#tooLarge(bytes)
      return
    }
    releaseControl(tls)
    const connection = this.#connection({
      socket: tls,
      host,
      protocol: tls.alpnProtocol === 'h2' ? 'h2' : 'http/1.1',
      tls: tls.getProtocol() ?? '',
      der: isAsked ? tls.getPeerX509Certificate()?.raw : undefined,
    })
    const isDemanded =
      host.plan.clientCertificate === 'require' && connection.listener.hop === undefined
    const refusal = isDemanded ? this.#owner.checkDevice(connection) : undefined
    if (refusal === undefined) {
      this.#done(connection)
      return
    }
    const thumbprint = connection.currentLeaf()?.thumbprint
    this.fail(refusal.code, {
      ...(refusal.expected === undefined ? {} : { expected: refusal.expected }),
      ...(refusal.found === undefined ? {} : { found: refusal.found }),
      ...(thumbprint === undefined ? {} : { thumbprint }),
    })
  }

  #connection(
    facts: Pick<ConnectionOptions, 'socket' | 'host' | 'protocol' | 'tls' | 'der'>,
  ): Connection {
    return new Connection({
      ...facts,
      listener: this.#listener,
      serverName: this.#serverName,
      address: this.#address,
      peerAddress: this.#peerAddress,
    })
  }

  /** Of a listener for a proxy, the proxy proves first that it is it. */
  #done(connection: Connection): void {
    const fault = connection.listener.hop?.connectionFault(connection, Date.now())
    if (fault !== undefined) {
      this.fail('handshake_hop_unauthenticated', fault)
      return
    }
    this.#isOver = true
    this.#owner.succeeded(this, connection)
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
