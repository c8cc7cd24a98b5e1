import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { firstFlightCertificates, maxFlightBytes } from './first-flight.ts'

/** A connection as TLS uses it, and what was seen in the open on the way. */
export type HandshakeTap = {
  readonly stream: Duplex
  /**
   * The chain of a TLS 1.2 server, DER, once our side has answered it: with that, OpenSSL has believed the server's proof
   * that it holds the key, as far as the key exchange has one. Undefined before, under TLS 1.3, and where it is too long.
   */
  readonly certificates: () => readonly Buffer[] | undefined
}

const handshakeRecord = 22

/**
 * Watches a handshake go by. A TLS 1.2 server that demands a client certificate ends the handshake without one, and
 * `node:tls` then tells nothing of the certificates that it sent; they passed in the open.
 */
export function tapHandshake(socket: Socket): HandshakeTap {
  let kept: Buffer[] | undefined = []
  let keptBytes = 0
  let writes = 0
  let hasAnswered = false

  const keep = (chunk: Buffer): void => {
    keptBytes += chunk.length
    if (hasAnswered || kept === undefined) return
    if (keptBytes > maxFlightBytes) kept = undefined
    else kept.push(chunk)
  }
  const stream = new Duplex({
    read: () => {
      socket.resume()
    },
    write: (chunk: Buffer, _encoding, done) => {
      // The first is the ClientHello. What follows is the answer, or an alert.
      writes += 1
      if (writes > 1 && chunk[0] === handshakeRecord) hasAnswered = true
      socket.write(chunk, done)
    },
    final: (done) => {
      socket.end(done)
    },
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    keep(chunk)
    if (!stream.push(chunk)) socket.pause()
  })
  socket.on('end', () => stream.push(null))
  socket.on('error', (error) => stream.destroy(error))
  socket.on('close', () => stream.destroy())
  return {
    stream,
    certificates: () =>
      hasAnswered && kept !== undefined ? firstFlightCertificates(Buffer.concat(kept)) : undefined,
  }
}
