import type { Connection } from '../edge/connection.ts'
import type { Handshake } from '../edge/handshake.ts'
import type { DeviceStatus } from '../status/device-status.ts'
import { certificateRequired, checkDevice } from '../trust/check-device.ts'
import type { EndedConnections, KnownChange } from './messages.ts'
import type { Limits } from '../configuration/limits.ts'

/** How many connections are looked at in one turn of the event loop. */
const reviewBatch = 200

/** All connections of a worker, in their handshake and behind it. */
export class ConnectionSet {
  readonly open = new Set<Connection>()
  readonly pending = new Set<Handshake>()
  readonly #status: DeviceStatus

  constructor(status: DeviceStatus) {
    this.#status = status
  }

  /** Ends the connections that a change is about. A certificate that was succeeded may finish its work. */
  apply(change: KnownChange): EndedConnections {
    const ended: EndedConnections = { http1: 0, http2: 0, webSocket: 0 }
    if (change.status === 'active') return ended
    for (const connection of this.open) {
      if (!isAbout(connection, change)) continue
      ended[connection.kind]++
      if (isSuccession(change)) connection.endGracefully()
      else connection.endNow()
    }
    return ended
  }

  /** After more than one change: every connection is held against what is known now. */
  async review(): Promise<EndedConnections> {
    const ended: EndedConnections = { http1: 0, http2: 0, webSocket: 0 }
    let seen = 0
    for (const connection of this.open) {
      if (++seen % reviewBatch === 0) await new Promise(setImmediate)
      if (connection.socket.destroyed || !connection.hasCertificate) continue
      const refusal = checkDevice(connection, this.#status, Date.now())
      if (refusal === undefined || refusal === certificateRequired) continue
      ended[connection.kind]++
      connection.endNow()
    }
    return ended
  }

  /** Ends what took its time: handshakes, connections without a request. Called every second or so. */
  sweep(limits: Limits): void {
    const now = performance.now()
    for (const handshake of this.pending) {
      if (now - handshake.startedAt > limits.handshakeSeconds * 1000) handshake.expire()
    }
    for (const connection of this.open) {
      if (connection.active > 0 || connection.isEnding) continue
      if (now - connection.lastActiveAt > limits.idleSeconds * 1000) connection.endSoon()
    }
  }
}

type AboutConnection = (connection: Connection, key: string) => boolean

/** By kind of change: whether a connection is concerned. */
const concerned: Readonly<Record<KnownChange['kind'], AboutConnection>> = {
  device: (connection, key) => connection.currentLeaf()?.device?.deviceId === key,
  certificate: (connection, key) => connection.currentLeaf()?.thumbprint === key,
  issuer: (connection, key) => connection.currentLeaf()?.device?.issuerSpki === key,
}

function isAbout(connection: Connection, change: KnownChange): boolean {
  return connection.hasCertificate && concerned[change.kind](connection, change.key)
}

function isSuccession(change: KnownChange): boolean {
  return change.kind === 'certificate' && change.status === 'superseded'
}
