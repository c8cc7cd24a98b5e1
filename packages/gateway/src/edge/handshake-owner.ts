import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { HandshakeRecord } from '@sallyport/wire'
import type { Refusal } from '../pipeline/stage.ts'
import type { Host } from '../worker/host.ts'
import type { Connection } from './connection.ts'
import type { Handshake } from './handshake.ts'
import type { HandshakeFault } from './handshake-fault.ts'

/** What a handshake needs of its worker. */
export type HandshakeOwner = {
  /** The host of a name, or the default one where no name was given; of a listener for a proxy, any. */
  readonly hostFor: (serverName: string | undefined, isHop: boolean) => Host | undefined
  /** What is said against an address that a balancer told: told once it is known, before TLS. */
  readonly checkAddress: (raw: Socket, address: string) => HandshakeFault | undefined
  /** What proves to a CA that we hold a name; undefined where no order for it is open. */
  readonly challengeFor: (serverName: string) => SecureContext | undefined
  /** What is said against the device of a `require` host, before it may send a request. */
  readonly checkDevice: (connection: Connection) => Refusal | undefined
  readonly succeeded: (handshake: Handshake, connection: Connection) => void
  /** Told once, instead of `succeeded`. */
  readonly failed: (handshake: Handshake, record: HandshakeRecord) => void
  /** The client went away without a byte, as health checks of balancers do. */
  readonly abandoned: (handshake: Handshake) => void
}
