import net, { type Socket } from 'node:net'
import { isProblem } from '@sallyport/problem'
import type { HandshakeRecord } from '@sallyport/wire'
import type { Plan } from '../configuration/plan.ts'
import type { Connection } from '../edge/connection.ts'
import { Handshake, type HandshakeOwner } from '../edge/handshake.ts'
import { Http1Edge } from '../edge/http1-edge.ts'
import { Http2Edge } from '../edge/http2-edge.ts'
import { LineBatch } from '../log/line-batch.ts'
import type { Log } from '../log/log.ts'
import { Histogram } from '../metrics/histogram.ts'
import type { RequestCounters } from '../metrics/request-counters.ts'
import type { WorkerMetrics } from '../metrics/worker-metrics.ts'
import { DeviceStatus } from '../status/device-status.ts'
import { statusControl } from '../status/status-control.ts'
import { checkDevice } from '../trust/check-device.ts'
import { ConnectionSet } from './connection-set.ts'
import { DecisionRing } from './decision-ring.ts'
import { buildGeneration, closeUnused, type Generation, renewTrust } from './generation.ts'
import type { Route } from './host.ts'
import type {
  Failure,
  FromWorker,
  KnownChange,
  LogLevel,
  ToWorker,
  Trust,
  WorkerStart,
} from './messages.ts'
import { requestIds } from './request-id.ts'
import { RequestServer } from './request-server.ts'
import { workerTrust } from './worker-trust.ts'

const tickMs = 100
const ticksPerRefresh = 2
const ticksPerSweep = 5
/** Handshakes that are reported at one tick; more are a number. */
const maxHandshakeRecords = 20

/** One thread of the gateway: all of a request's life, from accept to the last byte. */
export class GatewayWorker {
  readonly #start: WorkerStart
  readonly #send: (message: FromWorker) => void
  readonly #log: Log
  readonly #status: DeviceStatus
  readonly #connections: ConnectionSet
  readonly #lines: LineBatch
  readonly #durations = new Histogram()
  readonly #decisions = new DecisionRing()
  readonly #servers: net.Server[] = []
  readonly #handshakeCounts = new Map<string, number>()
  readonly #owner: HandshakeOwner
  #http1: Http1Edge
  #http2: Http2Edge
  readonly #requests: RequestServer
  #trust: Trust
  #generation: Generation
  #prepared: { readonly number: number; readonly generation: Generation } | undefined
  #handshakes: HandshakeRecord[] = []
  #used: string[] = []
  #recordsDropped = 0
  #recordsDroppedTold = 0
  #accepted = 0
  #turnedAway = 0
  #ticks = 0
  #isDraining = false

  constructor(start: WorkerStart, send: (message: FromWorker) => void) {
    this.#start = start
    this.#send = send
    this.#log = forwardedLog(send)
    this.#lines = new LineBatch((text) => send({ type: 'lines', text }))
    this.#status = new DeviceStatus(statusControl(start.control), start.table, start.plan.status)
    this.#connections = new ConnectionSet(this.#status)
    this.#trust = start.trust
    this.#generation = this.#build(start.plan, undefined)
    this.#requests = new RequestServer({
      nextRequestId: requestIds(start.instance),
      accessLog: () => (this.#generation.plan.accessLog ? this.#lines : undefined),
      durations: this.#durations,
      decisions: this.#decisions,
      onFirstUse: (thumbprint) => this.#used.push(thumbprint),
      log: this.#log,
    })
    this.#http1 = new Http1Edge(this.#requests, start.plan.limits)
    this.#http2 = new Http2Edge(this.#requests, start.plan.limits)
    this.#owner = {
      hostFor: (serverName) => {
        const name = serverName ?? this.#generation.plan.defaultHost
        return name === undefined ? undefined : this.#generation.hosts.get(name)
      },
      checkDevice: (connection) => {
        const refusal = checkDevice(connection, this.#status, Date.now())
        // Status is told to the device, in words, by the device stage.
        return refusal === undefined || refusal.check === 'status' ? undefined : refusal
      },
      succeeded: (handshake, connection) => this.#secured(handshake, connection),
      failed: (handshake, record) => this.#failed(handshake, record),
      abandoned: (handshake) => this.#connections.pending.delete(handshake),
    }
  }

  /** Listens. Resolves when every address takes connections. */
  async listen(): Promise<void> {
    for (const { host, port } of this.#start.listen) {
      const server = net.createServer({ noDelay: true, keepAlive: true }, this.#accept)
      this.#servers.push(server)
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port, reusePort: this.#start.sharesPorts, backlog: 1_024 }, resolve)
      })
      server.on('error', (error) => this.#log.error({ error: error.message }, 'accepting failed'))
    }
    setInterval(() => this.#tick(), tickMs)
  }

  receive(message: ToWorker): void {
    const handle = this.#handlers[message.type] as (message: ToWorker) => void
    handle(message)
  }

  readonly #handlers: {
    readonly [T in ToWorker['type']]: (message: Extract<ToWorker, { type: T }>) => void
  } = {
    prepare: ({ generation, plan }) => this.#prepare(generation, plan),
    commit: ({ generation }) => this.#commit(generation),
    abort: () => this.#forgetPrepared(),
    trust: ({ trust }) => this.#renewTrust(trust),
    table: ({ table, number }) => {
      this.#status.install(table)
      this.#send({ type: 'table-taken', number })
      void this.#connections.review()
    },
    changes: ({ changes }) => this.#apply(changes),
    metrics: ({ request }) => this.#send({ type: 'metrics', request, metrics: this.#metrics() }),
    decision: ({ request, key }) =>
      this.#send({ type: 'decision', request, record: this.#decisions.find(key) }),
    'lines-taken': ({ characters }) => this.#lines.confirm(characters),
    drain: () => void this.#drain(),
  }

  readonly #accept = (raw: Socket): void => {
    const { limits } = this.#generation.plan
    const { open, pending } = this.#connections
    const isFull =
      open.size + pending.size >= limits.maxConnections ||
      pending.size >= limits.maxPendingHandshakes
    if (isFull || this.#isDraining) {
      this.#turnedAway++
      raw.resetAndDestroy()
      return
    }
    this.#accepted++
    pending.add(new Handshake(raw, this.#owner))
  }

  #secured(handshake: Handshake, connection: Connection): void {
    const { open, pending } = this.#connections
    pending.delete(handshake)
    this.#countHandshake(connection.socket.isSessionReused() ? 'resumed' : 'full', '')
    open.add(connection)
    connection.socket.once('close', () => open.delete(connection))
    if (connection.socket.alpnProtocol === 'h2') this.#http2.accept(connection)
    else this.#http1.accept(connection)
    if (this.#isDraining) connection.endGracefully()
  }

  #failed(handshake: Handshake, record: HandshakeRecord): void {
    this.#connections.pending.delete(handshake)
    this.#countHandshake('failed', record.code)
    if (this.#handshakes.length < maxHandshakeRecords) this.#handshakes.push(record)
    else this.#recordsDropped++
  }

  #countHandshake(outcome: string, reason: string): void {
    const key = `${outcome} ${reason}`
    this.#handshakeCounts.set(key, (this.#handshakeCounts.get(key) ?? 0) + 1)
  }

  #tick(): void {
    this.#ticks++
    this.#lines.flush()
    this.#sendRecords()
    if (this.#ticks % ticksPerRefresh === 0) this.#status.refresh()
    if (this.#ticks % ticksPerSweep === 0) this.#connections.sweep(this.#generation.plan.limits)
  }

  #sendRecords(): void {
    const decisions = this.#decisions.takeWaiting()
    const handshakes = this.#handshakes
    const dropped = this.#recordsDropped + this.#decisions.dropped - this.#recordsDroppedTold
    const used = this.#used
    if (decisions.length + handshakes.length + used.length + dropped === 0) return
    this.#handshakes = []
    this.#used = []
    this.#recordsDroppedTold += dropped
    this.#send({ type: 'records', decisions, handshakes, used, dropped })
  }

  #apply(changes: readonly KnownChange[]): void {
    this.#status.refresh()
    const applied = changes.map((change) => ({
      seq: change.seq,
      ended: this.#connections.apply(change),
    }))
    this.#send({ type: 'applied', changes: applied })
  }

  #build(plan: Plan, previous: Generation | undefined): Generation {
    return buildGeneration(plan, {
      trust: workerTrust(this.#trust, plan.allowDevelopment),
      status: this.#status,
      log: this.#log,
      previous,
    })
  }

  #prepare(number: number, plan: Plan): void {
    this.#forgetPrepared()
    try {
      this.#prepared = { number, generation: this.#build(plan, this.#generation) }
      this.#send({ type: 'prepared', generation: number })
    } catch (error) {
      this.#send({ type: 'prepared', generation: number, failure: failureOf(error) })
    }
  }

  #commit(number: number): void {
    const prepared = this.#prepared
    if (prepared?.number !== number) return
    const before = this.#generation
    this.#prepared = undefined
    this.#generation = prepared.generation
    const { plan, hosts } = prepared.generation
    this.#status.setLimits(plan.status)
    // Open connections keep the edge, and with it the limits, that they were accepted under.
    if (JSON.stringify(plan.limits) !== JSON.stringify(before.plan.limits)) {
      this.#http1 = new Http1Edge(this.#requests, plan.limits)
      this.#http2 = new Http2Edge(this.#requests, plan.limits)
    }
    for (const connection of this.#connections.open) {
      const host = hosts.get(connection.host.plan.name)
      // What is under way on a host that is no more is finished under its old rules.
      if (host === undefined) connection.endGracefully()
      else connection.host = host
    }
    closeUnused(before.upstreams, prepared.generation)
    this.#send({ type: 'committed', generation: number })
    void this.#connections.review()
  }

  #forgetPrepared(): void {
    const prepared = this.#prepared
    this.#prepared = undefined
    if (prepared !== undefined) closeUnused(prepared.generation.upstreams, this.#generation)
  }

  #renewTrust(trust: Trust): void {
    this.#trust = trust
    for (const generation of [this.#generation, this.#prepared?.generation]) {
      if (generation === undefined) continue
      renewTrust(generation, workerTrust(trust, generation.plan.allowDevelopment))
    }
    void this.#connections.review()
  }

  /** Takes nothing new, lets what is under way end, and tells when all is done. */
  async #drain(): Promise<void> {
    if (this.#isDraining) return
    this.#isDraining = true
    for (const server of this.#servers) server.close()
    const { open, pending } = this.#connections
    for (const connection of open) connection.endGracefully()
    const deadline = performance.now() + this.#generation.plan.limits.drainSeconds * 1000
    while (open.size + pending.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    for (const handshake of pending) handshake.drop()
    for (const connection of open) connection.endNow()
    closeUnused(this.#generation.upstreams, undefined)
    // The last lines are those of the connections that were just cut off.
    await new Promise((resolve) => setTimeout(resolve, open.size > 0 ? 50 : 0))
    this.#lines.flush()
    this.#sendRecords()
    this.#send({ type: 'drained' })
  }

  #metrics(): WorkerMetrics {
    const { hosts, upstreams } = this.#generation
    const connections = {
      http1: 0,
      http2: 0,
      webSocket: 0,
      handshake: this.#connections.pending.size,
    }
    for (const { kind } of this.#connections.open) connections[kind]++
    const requests = [...hosts.values()].flatMap((host) =>
      [{ name: '', counters: host.counters }, ...host.routeList.map(named)].flatMap(
        ({ name, counters }) =>
          counters.rows().map((row) => ({ host: host.plan.name, route: name, ...row })),
      ),
    )
    return {
      requests: requests.filter((row) => row.count > 0),
      durations: { counts: this.#durations.counts, sum: this.#durations.sum },
      connections,
      accepted: this.#accepted,
      turnedAway: this.#turnedAway,
      handshakes: [...this.#handshakeCounts].map(([key, count]) => {
        const [outcome = '', reason = ''] = key.split(' ')
        return { outcome, reason, count }
      }),
      logLinesDropped: this.#lines.dropped,
      recordsDropped: this.#recordsDropped + this.#decisions.dropped,
      upstreams: [...upstreams.values()].map(({ upstream }) => upstream.snapshot()),
    }
  }
}

function named({ plan, counters }: Route): { name: string; counters: RequestCounters } {
  return { name: plan.name, counters }
}

/** The operator's log of a worker is the main thread's. */
function forwardedLog(send: (message: FromWorker) => void): Log {
  const at = (level: LogLevel) => (fields: object, message: string) =>
    send({ type: 'log', level, fields: { ...fields }, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export function failureOf(error: unknown): Failure {
  if (!isProblem(error)) {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return { code: 'config_invalid', detail }
  }
  return {
    code: error.code,
    detail: error.message,
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.found === undefined ? {} : { found: error.found }),
  }
}
