import { HeldCredentials } from '../certificates/held-credentials.ts'
import type { Plan } from '../configuration/plan.ts'
import { AssertionSigner } from '../assertion/sign-assertion.ts'
import type { Connection } from '../edge/connection.ts'
import { SharedAddresses } from '../addresses/shared-addresses.ts'
import { DecisionDoor } from '../decisions/decision-door.ts'
import { Http1Edge } from '../edge/http1-edge.ts'
import { Http2Edge } from '../edge/http2-edge.ts'
import { closeCounters, counterMetrics } from '../counters/counters-for.ts'
import { LocalCounters } from '../counters/local-counters.ts'
import { LineBatch } from '../log/line-batch.ts'
import type { Log } from '../log/log.ts'
import { Histogram } from '../metrics/histogram.ts'
import type { RequestCounters } from '../metrics/request-counters.ts'
import type { WorkerMetrics } from '../metrics/worker-metrics.ts'
import { ShadowCounts } from '../metrics/shadow-counts.ts'
import { DeviceStatus } from '../status/device-status.ts'
import { statusControl } from '../status/status-control.ts'
import type { OpenGlass } from '../break-glass/open-glass.ts'
import { applyOverrides } from './apply-overrides.ts'
import { ConnectionSet } from './connection-set.ts'
import { DecisionRing } from './decision-ring.ts'
import { failureOf } from './failure.ts'
import { forwardedLog } from './forwarded-log.ts'
import { FrontDoor } from './front-door.ts'
import { buildGeneration, closeUnused, type Generation, renewTrust } from './generation.ts'
import type { Route } from './host.ts'
import type { FromWorker, KnownChange, ToWorker, Trust, WorkerStart } from './messages.ts'
import { RequestBooks } from './request-books.ts'
import { requestIds } from './request-id.ts'
import { RequestServer } from './request-server.ts'
import { workerTrust } from './worker-trust.ts'

const tickMs = 100
const ticksPerRefresh = 2
const ticksPerSweep = 5
const ticksPerShadow = 20

/** One thread of the gateway: all of a request's life, from accept to the last byte. */
export class GatewayWorker {
  readonly #start: WorkerStart
  readonly #send: (message: FromWorker) => void
  readonly #log: Log
  readonly #status: DeviceStatus
  readonly #counters: LocalCounters
  readonly #addresses: SharedAddresses
  readonly #connections: ConnectionSet
  readonly #lines: LineBatch
  readonly #durations = new Histogram()
  readonly #decisions = new DecisionRing()
  readonly #shadow = new ShadowCounts()
  readonly #frontDoor: FrontDoor
  readonly #signer: AssertionSigner
  readonly #decisionDoor: DecisionDoor
  #http1: Http1Edge
  #http2: Http2Edge
  readonly #requests: RequestServer
  #trust: Trust
  readonly #credentials: HeldCredentials
  #openGlass: readonly OpenGlass[]
  #generation: Generation
  #prepared: { readonly number: number; readonly generation: Generation } | undefined
  #used: string[] = []
  #droppedTold = 0
  #ticks = 0
  #isDraining = false

  constructor(start: WorkerStart, send: (message: FromWorker) => void) {
    this.#start = start
    this.#send = send
    this.#log = forwardedLog(send)
    this.#lines = new LineBatch((text) => send({ type: 'lines', text }))
    this.#status = new DeviceStatus(statusControl(start.control), start.table, start.plan.status)
    this.#counters = new LocalCounters(start.counters)
    this.#addresses = new SharedAddresses(start.addresses, start.addressBlocks)
    this.#connections = new ConnectionSet(this.#status)
    this.#trust = start.trust
    this.#openGlass = start.openGlass
    this.#credentials = new HeldCredentials(start.credentials)
    this.#signer = new AssertionSigner(start.assertionKey)
    this.#generation = this.#build(start.plan, undefined)
    const nextRequestId = requestIds(start.instance)
    const accessLog = () => (this.#generation.plan.accessLog ? this.#lines : undefined)
    const books = new RequestBooks({
      accessLog,
      durations: this.#durations,
      decisions: this.#decisions,
      shadow: this.#shadow,
      onFirstUse: (thumbprint) => this.#used.push(thumbprint),
    })
    this.#requests = new RequestServer({
      nextRequestId,
      hostNamed: (name) => this.#generation.hosts.get(name),
      accessLog,
      decisions: this.#decisions,
      books,
      log: this.#log,
    })
    this.#decisionDoor = new DecisionDoor({
      plan: () => this.#generation.plan.decisions,
      hostOf: (name) => this.#generation.hosts.get(name),
      nextRequestId,
      books,
      log: this.#log,
    })
    this.#http1 = new Http1Edge(this.#requests, start.plan.limits)
    this.#http2 = new Http2Edge(this.#requests, start.plan.limits)
    this.#frontDoor = new FrontDoor({
      connections: this.#connections,
      status: this.#status,
      addresses: this.#addresses,
      closesBlocked: () => this.#generation.plan.closesBlockedConnections,
      limits: () => this.#generation.plan.limits,
      hostFor: (serverName, isHop) => {
        const { hosts, plan } = this.#generation
        const name = serverName ?? plan.defaultHost
        const host = name === undefined ? undefined : hosts.get(name)
        // Balancers name no host, or their own: which one a request is for is in the request.
        return host ?? (isHop ? [...hosts.values()][0] : undefined)
      },
      listeners: () => this.#generation.plan.listeners,
      challengeFor: this.#credentials.challengeFor,
      onConnection: (connection) => this.#serve(connection),
      log: this.#log,
    })
  }

  /** Listens. Resolves when every address takes connections. */
  async listen(): Promise<void> {
    const { decisions, plan } = this.#start
    if (decisions !== undefined && plan.decisions !== undefined) {
      await this.#decisionDoor.open(decisions, plan.decisions)
    }
    await this.#frontDoor.open(this.#start.listen, this.#start.sharesPorts)
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
    credentials: ({ credentials, number }) => {
      this.#credentials.take(credentials)
      this.#renewIdentities()
      this.#send({ type: 'credentials-taken', number })
    },
    'assertion-key': ({ key }) => this.#signer.use(key),
    table: ({ table, number }) => {
      this.#status.install(table)
      this.#send({ type: 'table-taken', number })
      void this.#connections.review()
    },
    changes: ({ changes }) => this.#apply(changes),
    'open-glass': ({ number, open }) => {
      this.#openGlass = open
      applyOverrides(this.#generation, open)
      if (this.#prepared !== undefined) applyOverrides(this.#prepared.generation, open)
      this.#send({ type: 'open-glass-taken', number })
    },
    addresses: ({ tables }) => this.#addresses.install(tables),
    metrics: ({ request }) => this.#send({ type: 'metrics', request, metrics: this.#metrics() }),
    decision: ({ request, key }) =>
      this.#send({ type: 'decision', request, record: this.#decisions.find(key) }),
    'lines-taken': ({ characters }) => this.#lines.confirm(characters),
    drain: () => void this.#drain(),
  }

  #serve(connection: Connection): void {
    if (connection.protocol === 'h2') this.#http2.accept(connection)
    else this.#http1.accept(connection)
  }

  #tick(): void {
    this.#ticks++
    this.#lines.flush()
    this.#sendRecords()
    if (this.#ticks % ticksPerShadow === 0) this.#sendShadow()
    if (this.#ticks % ticksPerRefresh === 0) this.#status.refresh()
    if (this.#ticks % ticksPerSweep === 0) {
      this.#connections.sweep(this.#generation.plan.limits, this.#requests.timeOut)
    }
  }

  #sendRecords(): void {
    const decisions = this.#decisions.takeWaiting()
    const handshakes = this.#frontDoor.takeFailures()
    const used = this.#used
    const dropped = this.#frontDoor.dropped + this.#decisions.dropped - this.#droppedTold
    if (decisions.length + handshakes.length + used.length + dropped === 0) return
    this.#used = []
    this.#droppedTold += dropped
    this.#send({ type: 'records', decisions, handshakes, used, dropped })
  }

  #sendShadow(): void {
    const counts = this.#shadow.take()
    if (counts.length > 0) this.#send({ type: 'shadow', counts })
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
    const generation = buildGeneration(plan, {
      trust: workerTrust(this.#trust, plan.allowDevelopment),
      status: this.#status,
      counters: this.#counters,
      signer: this.#signer,
      addresses: this.#addresses,
      credentials: this.#credentials.current,
      log: this.#log,
      previous,
    })
    applyOverrides(generation, this.#openGlass)
    return generation
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
    this.#frontDoor.useListeners()
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
    closeCounters(before.services.counters, prepared.generation.services.counters)
    this.#send({ type: 'committed', generation: number })
    void this.#connections.review()
  }

  #forgetPrepared(): void {
    const prepared = this.#prepared
    this.#prepared = undefined
    if (prepared === undefined) return
    closeUnused(prepared.generation.upstreams, this.#generation)
    closeCounters(prepared.generation.services.counters, this.#generation.services.counters)
  }

  #renewTrust(trust: Trust): void {
    this.#trust = trust
    this.#renewIdentities()
    void this.#connections.review()
  }

  #renewIdentities(): void {
    const trust = this.#trust
    for (const generation of [this.#generation, this.#prepared?.generation]) {
      if (generation === undefined) continue
      const { allowDevelopment } = generation.plan
      renewTrust(generation, workerTrust(trust, allowDevelopment), this.#credentials.current)
    }
  }

  /** Takes nothing new, lets what is under way end, and tells when all is done. */
  async #drain(): Promise<void> {
    if (this.#isDraining) return
    this.#isDraining = true
    this.#frontDoor.close()
    this.#decisionDoor.close()
    const { open, pending } = this.#connections
    for (const connection of open) connection.endGracefully()
    const deadline = performance.now() + this.#generation.plan.limits.drainSeconds * 1000
    while (open.size + pending.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    for (const handshake of pending) handshake.drop()
    for (const connection of open) connection.endNow()
    closeUnused(this.#generation.upstreams, undefined)
    closeCounters(this.#generation.services.counters, undefined)
    // The last lines are those of the connections that were just cut off.
    await new Promise((resolve) => setTimeout(resolve, open.size > 0 ? 50 : 0))
    this.#lines.flush()
    this.#sendRecords()
    this.#sendShadow()
    this.#send({ type: 'drained' })
  }

  #metrics(): WorkerMetrics {
    const { hosts, upstreams, services } = this.#generation
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
      accepted: this.#frontDoor.accepted,
      turnedAway: this.#frontDoor.turnedAway,
      handshakes: this.#frontDoor.counts(),
      tokens: { ...services.tokens.counts, remembered: services.tokens.remembered },
      limits: services.limitCounts.rows(),
      counters: counterMetrics(services.counters, this.#counters),
      logLinesDropped: this.#lines.dropped,
      decisions: this.#decisionDoor.counts(),
      recordsDropped: this.#frontDoor.dropped + this.#decisions.dropped,
      upstreams: [...upstreams.values()].map(({ upstream }) => upstream.snapshot()),
    }
  }
}

function named({ plan, counters }: Route): { name: string; counters: RequestCounters } {
  return { name: plan.name, counters }
}
