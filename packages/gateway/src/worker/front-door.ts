import net, { type Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { HandshakeRecord } from '@sallyport/wire'
import type { Addresses } from '../addresses/addresses.ts'
import { parseAddress } from '../addresses/network.ts'
import type { Limits } from '../configuration/limits.ts'
import type { Connection } from '../edge/connection.ts'
import { AddressCounts } from '../edge/address-counts.ts'
import { Handshake } from '../edge/handshake.ts'
import type { HandshakeFault } from '../edge/handshake-fault.ts'
import type { HandshakeOwner } from '../edge/handshake-owner.ts'
import { peerAddress } from '../edge/peer-address.ts'
import { listenAtPath } from '../edge/unix-socket.ts'
import type { ListenerPlan } from '../configuration/listener-plan.ts'
import type { Log } from '../log/log.ts'
import { checkDevice } from '../trust/check-device.ts'
import type { DeviceStatus } from '../status/device-status.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { Host } from './host.ts'
import { Listener } from './listener.ts'
import type { ListenAddress } from './messages.ts'

export type FrontDoorOptions = {
  readonly connections: ConnectionSet
  readonly status: DeviceStatus
  readonly addresses: Addresses
  /** Whether connections from blocked addresses are closed before TLS. */
  readonly closesBlocked: () => boolean
  readonly limits: () => Limits
  /** The host of a name, or the default one where no name was given; of a listener for a proxy, any. */
  readonly hostFor: (serverName: string | undefined, isHop: boolean) => Host | undefined
  /** As the configuration in force has them. */
  readonly listeners: () => readonly ListenerPlan[]
  /** What proves to a CA that we hold a name; undefined where no order for it is open. */
  readonly challengeFor: (serverName: string) => SecureContext | undefined
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
  readonly #listeners: Listener[] = []
  readonly #addressCounts = new AddressCounts()
  readonly #counts = new Map<string, number>()
  #failures: HandshakeRecord[] = []
  #isClosed = false

  constructor(options: FrontDoorOptions) {
    const { connections, status, hostFor, challengeFor } = options
    this.#options = options
    this.#owner = {
      hostFor,
      checkAddress: (raw, address) => this.#checkAddress(raw, address),
      challengeFor,
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
  async open(addresses: readonly ListenAddress[], sharesPorts: boolean): Promise<void> {
    for (const address of addresses) {
      const listener = new Listener(this.#planOf(address.name, this.#listeners.length))
      this.#listeners.push(listener)
      const server = net.createServer({ noDelay: true, keepAlive: true }, (raw) =>
        this.#accept(raw, listener),
      )
      this.#servers.push(server)
      await listen(server, address, listener, sharesPorts)
      server.on('error', (error) =>
        this.#options.log.error({ error: error.message }, 'accepting failed'),
      )
    }
  }

  /** What a new configuration says of the listeners; their sockets stay. */
  useListeners(): void {
    for (const [index, listener] of this.#listeners.entries()) {
      const plans = this.#options.listeners()
      if (plans.some(({ name }) => name === listener.plan.name)) {
        listener.use(this.#planOf(listener.plan.name, index))
      }
    }
  }

  // Two listeners may both have asked for any port: then their order tells them apart.
  #planOf(name: string, index: number): ListenerPlan {
    const plans = this.#options.listeners()
    const plan = plans[index]?.name === name ? plans[index] : plans.find((one) => one.name === name)
    if (plan === undefined) throw new TypeError(`The listener ${name} is in no plan`)
    return plan
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

  #accept(raw: Socket, listener: Listener): void {
    if (this.#isClosed || !this.#hasRoom()) {
      this.turnedAway++
      raw.resetAndDestroy()
      return
    }
    this.accepted++
    const fault = this.#checkPeer(raw, listener)
    if (fault === undefined) {
      this.#options.connections.pending.add(new Handshake(raw, this.#owner, listener))
      return
    }
    raw.on('error', () => raw.destroy())
    raw.resetAndDestroy()
    this.#record({ at: Date.now(), address: peerAddress(raw), code: fault.code, ...fault.facts })
  }

  #checkPeer(raw: Socket, { proxies, isUnix, plan }: Listener): HandshakeFault | undefined {
    if (isUnix) return undefined
    const address = proxies === undefined && !this.#watchesAddresses() ? '' : peerAddress(raw)
    if (proxies !== undefined) {
      const words = parseAddress(address)
      if (words !== undefined && proxies.valueFor(words) !== 0) return undefined
      const expected = `a connection from ${plan.proxyFrom?.join(', ') ?? ''}`
      return { code: 'handshake_proxy_refused', facts: { expected, found: address } }
    }
    // Behind a proxy the address of the connection is not that of any client.
    return address === '' || plan.hop !== undefined ? undefined : this.#checkAddress(raw, address)
  }

  #watchesAddresses(): boolean {
    return this.#options.closesBlocked() || this.#options.limits().maxConnectionsPerAddress > 0
  }

  #checkAddress(raw: Socket, address: string): HandshakeFault | undefined {
    const { addresses, closesBlocked, limits } = this.#options
    const block = closesBlocked() ? addresses.find(address) : undefined
    if (block !== undefined) {
      const found = `${address} is in ${block.network ?? 'none of allow'} (${block.list})`
      return { code: 'handshake_address_blocked', facts: { found } }
    }
    const maximum = limits().maxConnectionsPerAddress
    if (maximum === 0) return undefined
    const key = this.#addressCounts.enter(address, maximum)
    if (key === undefined) {
      const expected = `at most ${maximum} connections of one address`
      return { code: 'handshake_too_many_connections', facts: { expected, found: 'one more' } }
    }
    raw.once('close', () => this.#addressCounts.leave(key))
    return undefined
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
    this.#count(outcomeOf(connection), '')
    onConnection(connection)
    if (this.#isClosed) connection.endGracefully()
  }

  #failed(handshake: Handshake, record: HandshakeRecord): void {
    this.#options.connections.pending.delete(handshake)
    this.#record(record)
  }

  #record(record: HandshakeRecord): void {
    this.#count('failed', record.code)
    if (this.#failures.length < maxRecords) this.#failures.push(record)
    else this.dropped++
  }

  #count(outcome: string, reason: string): void {
    const key = `${outcome} ${reason}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }
}

async function listen(
  server: net.Server,
  address: ListenAddress,
  { plan }: Listener,
  sharesPorts: boolean,
): Promise<void> {
  if ('path' in address) {
    const mode = plan.hop?.proof.kind === 'unixSocket' ? plan.hop.proof.mode : ownerAlone
    await listenAtPath(server, { path: address.path, mode, backlog })
    return
  }
  const { host, port } = address
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, reusePort: sharesPorts, backlog }, resolve)
  })
}

const backlog = 1_024
const ownerAlone = 0o600

function outcomeOf({ socket }: Connection): string {
  if (!(socket instanceof TLSSocket)) return 'plain'
  return socket.isSessionReused() ? 'resumed' : 'full'
}
