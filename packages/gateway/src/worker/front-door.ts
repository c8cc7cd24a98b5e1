import net, { type Socket } from 'node:net'
import type { HandshakeRecord } from '@sallyport/wire'
import type { Addresses } from '../addresses/addresses.ts'
import type { Limits } from '../configuration/limits.ts'
import type { Connection } from '../edge/connection.ts'
import { Handshake, type HandshakeOwner } from '../edge/handshake.ts'
import type { Log } from '../log/log.ts'
import { checkDevice } from '../trust/check-device.ts'
import type { DeviceStatus } from '../status/device-status.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { Host } from './host.ts'
import type { Address } from './messages.ts'

export type FrontDoorOptions = {
  readonly connections: ConnectionSet
  readonly status: DeviceStatus
  readonly addresses: Addresses
  /** Whether connections from blocked addresses are closed before TLS. */
  readonly closesBlocked: () => boolean
  readonly limits: () => Limits
  /** The host of a name, or the default one where no name was given. */
  readonly hostFor: (serverName: string | undefined) => Host | undefined
  readonly onConnection: (connection: Connection) => void
  readonly log: Log
}

/** Failed handshakes that are recorded between two calls of `takeFailures`; more are a number. */
const maxRecords = 20

/** How far one that can go is looked for, oldest first. */
const maxSearched = 32

/** Takes connections in, and leads them through their handshake. */
export class FrontDoor {
  accepted = 0
  turnedAway = 0
  /** Failures that were counted, but not recorded. */
  dropped = 0
  readonly #options: FrontDoorOptions
  readonly #owner: HandshakeOwner
  readonly #servers: net.Server[] = []
  readonly #counts = new Map<string, number>()
  #failures: HandshakeRecord[] = []
  #isClosed = false

  constructor(options: FrontDoorOptions) {
    const { connections, status, hostFor } = options
    this.#options = options
    this.#owner = {
      hostFor,
      checkDevice: (connection) => {
        const refusal = checkDevice(connection, status, Date.now())
        // Status is told to the device, in words, by the device stage.
        return refusal === connection.statusRefusal ? undefined : refusal
      },
      succeeded: (handshake, connection) => this.#succeeded(handshake, connection),
      failed: (handshake, record) => this.#failed(handshake, record),
      abandoned: (handshake) => connections.pending.delete(handshake),
    }
  }

  /** Listens. Resolves when every address takes connections. */
  async open(addresses: readonly Address[], sharesPorts: boolean): Promise<void> {
    for (const { host, port } of addresses) {
      const server = net.createServer({ noDelay: true, keepAlive: true }, this.#accept)
      this.#servers.push(server)
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port, reusePort: sharesPorts, backlog: 1_024 }, resolve)
      })
      server.on('error', (error) =>
        this.#options.log.error({ error: error.message }, 'accepting failed'),
      )
    }
  }

  /** Takes no more connections. Handshakes that have begun go on. */
  close(): void {
    this.#isClosed = true
    for (const server of this.#servers) server.close()
  }

  takeFailures(): HandshakeRecord[] {
    const failures = this.#failures
    if (failures.length > 0) this.#failures = []
    return failures
  }

  counts(): { outcome: string; reason: string; count: number }[] {
    return [...this.#counts].map(([key, count]) => {
      const [outcome = '', reason = ''] = key.split(' ')
      return { outcome, reason, count }
    })
  }

  readonly #accept = (raw: Socket): void => {
    if (this.#isClosed || !this.#hasRoom()) {
      this.turnedAway++
      raw.resetAndDestroy()
      return
    }
    this.accepted++
    this.#options.connections.pending.add(new Handshake(raw, this.#owner))
  }

  // Were newcomers turned away while there is no room, a few hundred silent connections a second would
  // keep everybody out. So the one goes that has waited longest without a purpose.
  #hasRoom(): boolean {
    const { connections, limits } = this.#options
    const { open, pending } = connections
    const { maxConnections, maxPendingHandshakes } = limits()
    if (pending.size >= maxPendingHandshakes) return this.#dropHandshake()
    if (open.size + pending.size < maxConnections) return true
    return this.#dropHandshake() || connections.endIdle()
  }

  #dropHandshake(): boolean {
    const { pending } = this.#options.connections
    let victim: Handshake | undefined
    let seen = 0
    for (const handshake of pending) {
      victim ??= handshake
      if (!handshake.hasHello) victim = handshake
      if (!handshake.hasHello || ++seen === maxSearched) break
    }
    if (victim === undefined) return false
    pending.delete(victim)
    victim.drop()
    this.turnedAway++
    return true
  }

  #succeeded(handshake: Handshake, connection: Connection): void {
    const { connections, onConnection } = this.#options
    connections.pending.delete(handshake)
    connections.open.add(connection)
    connection.socket.once('close', () => connections.open.delete(connection))
    this.#count(connection.socket.isSessionReused() ? 'resumed' : 'full', '')
    onConnection(connection)
    if (this.#isClosed) connection.endGracefully()
  }

  #failed(handshake: Handshake, record: HandshakeRecord): void {
    this.#options.connections.pending.delete(handshake)
    this.#count('failed', record.code)
    if (this.#failures.length < maxRecords) this.#failures.push(record)
    else this.dropped++
  }

  #count(outcome: string, reason: string): void {
    const key = `${outcome} ${reason}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }
}
