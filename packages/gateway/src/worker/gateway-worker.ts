import { parseLiftKey } from '@sallyport/wire/lift'
import { SharedAddresses } from '../addresses/shared-addresses.ts'
import { AssertionSigner } from '../assertion/sign-assertion.ts'
import { HeldCredentials } from '../certificates/held-credentials.ts'
import type { Plan } from '../configuration/plan.ts'
import { LocalCounters } from '../counters/local-counters.ts'
import { DecisionDoor } from '../decisions/decision-door.ts'
import type { Connection } from '../edge/connection.ts'
import { Http1Edge } from '../edge/http1-edge.ts'
import { Http2Edge } from '../edge/http2-edge.ts'
import { liftCounters } from '../limits/lifted-counters.ts'
import { LineBatch } from '../log/line-batch.ts'
import { Histogram } from '../metrics/histogram.ts'
import { ShadowCounts } from '../metrics/shadow-counts.ts'
import { DeviceStatus } from '../status/device-status.ts'
import { statusControl } from '../status/status-control.ts'
import { collectMetrics } from './collect-metrics.ts'
import { ConnectionSet } from './connection-set.ts'
import { DecisionRing } from './decision-ring.ts'
import { failureOf } from './failure.ts'
import { forwardedLog } from './forwarded-log.ts'
import { FrontDoor } from './front-door.ts'
import { Generations } from './generations.ts'
import type { Host } from './host.ts'
import type { KnownChange, SendFromWorker, ToWorker, WorkerStart } from './messages.ts'
import { RecordSender } from './record-sender.ts'
import { RequestBooks } from './request-books.ts'
import { requestIds } from './request-id.ts'
import { RequestServer } from './request-server.ts'

const tickMs = 100
const ticksPerRefresh = 2
const ticksPerSweep = 5
const ticksPerShadow = 20

/** One thread of the gateway: all of a request's life, from accept to the last byte. */
export class GatewayWorker {
  readonly #start: WorkerStart
  readonly #send: SendFromWorker
  readonly #status: DeviceStatus
  readonly #counters: LocalCounters
  readonly #addresses: SharedAddresses
  readonly #connections: ConnectionSet
  readonly #credentials: HeldCredentials
  readonly #signer: AssertionSigner
  readonly #generations: Generations
  readonly #lines: LineBatch
  readonly #durations = new Histogram()
  readonly #decisions = new DecisionRing()
  readonly #records: RecordSender
  readonly #frontDoor: FrontDoor
  readonly #decisionDoor: DecisionDoor
  readonly #requests: RequestServer
  #http1: Http1Edge
  #http2: Http2Edge
  #ticks = 0
  #isDraining = false

  constructor(start: WorkerStart, send: SendFromWorker) {
    const log = forwardedLog(send)
    this.#start = start
    this.#send = send
    this.#lines = new LineBatch((page) => send({ type: 'lines', page }, [page.bytes.buffer]))
    this.#status = new DeviceStatus(statusControl(start.control), start.table, start.plan.status)
    this.#counters = new LocalCounters(start.counters)
    this.#addresses = new SharedAddresses(
      start.addresses,
      start.addressBlocks,
      start.counters.owner,
    )
    this.#connections = new ConnectionSet(this.#status)
    this.#credentials = new HeldCredentials(start.credentials)
    this.#signer = new AssertionSigner(start.assertionKey)
    this.#generations = new Generations({
      start,
      credentials: this.#credentials,
      shared: {
        status: this.#status,
        counters: this.#counters,
        signer: this.#signer,
        addresses: this.#addresses,
        log,
      },
    })
    const shadow = new ShadowCounts()
    const nextRequestId = requestIds(start.instance)
    const hostNamed = (name: string) => this.#generations.current.hosts.get(name)
    const accessLog = () => (this.#plan.accessLog ? this.#lines : undefined)
    const books = new RequestBooks({
      accessLog,
      durations: this.#durations,
      decisions: this.#decisions,
      shadow,
      onFirstUse: (thumbprint) => this.#records.noteUse(thumbprint),
    })
    this.#requests = new RequestServer({
      nextRequestId,
      hostNamed,
      accessLog,
      decisions: this.#decisions,
      books,
      log,
    })
    this.#http1 = new Http1Edge(this.#requests, start.plan.limits)
    this.#http2 = new Http2Edge(this.#requests, start.plan.limits)
    this.#frontDoor = new FrontDoor({
      connections: this.#connections,
      status: this.#status,
      addresses: this.#addresses,
      closesBlocked: () => this.#plan.closesBlockedConnections,
      limits: () => this.#plan.limits,
      hostFor: (serverName, isHop) => this.#hostFor(serverName, isHop),
      listeners: () => this.#plan.listeners,
      challengeFor: this.#credentials.challengeFor,
      onConnection: (connection) => this.#serve(connection),
      log,
    })
    this.#decisionDoor = new DecisionDoor({
      plan: () => this.#plan.decisions,
      hostOf: hostNamed,
      nextRequestId,
      books,
      log,
    })
    this.#records = new RecordSender(
      { decisions: this.#decisions, shadow, frontDoor: this.#frontDoor },
      send,
    )
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
    abort: () => this.#generations.forgetPrepared(),
    trust: ({ trust }) => {
      this.#generations.believe(trust)
      void this.#connections.review()
    },
    credentials: ({ credentials, number }) => {
      this.#credentials.take(credentials)
      this.#generations.renewIdentities()
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
      this.#generations.useGlass(open)
      this.#send({ type: 'open-glass-taken', number })
    },
    addresses: ({ tables }) => this.#addresses.install(tables),
    metrics: ({ request }) => this.#tellMetrics(request),
    decision: ({ request, key }) =>
      this.#send({ type: 'decision', request, record: this.#decisions.find(key) }),
    'lines-taken': ({ page }) => this.#lines.takeBack(page),
    drain: () => void this.#drain(),
  }

  /** Of the configuration in force. */
  get #plan(): Plan {
    return this.#generations.current.plan
  }

  #hostFor(serverName: string | undefined, isHop: boolean): Host | undefined {
    const { hosts, plan } = this.#generations.current
    const name = serverName ?? plan.defaultHost
    const host = name === undefined ? undefined : hosts.get(name)
    // Balancers name no host, or their own: which one a request is for is in the request.
    return host ?? (isHop ? [...hosts.values()][0] : undefined)
  }

  #serve(connection: Connection): void {
    if (connection.protocol === 'h2') this.#http2.accept(connection)
    else this.#http1.accept(connection)
  }

  #tick(): void {
    this.#ticks++
    this.#lines.flush()
    this.#records.sendRecords()
    if (this.#ticks % ticksPerShadow === 0) this.#records.sendShadow()
    if (this.#ticks % ticksPerRefresh === 0) this.#status.refresh()
    if (this.#ticks % ticksPerSweep === 0) {
      this.#connections.sweep(this.#plan.limits, this.#requests.timeOut)
    }
  }

  #apply(changes: readonly KnownChange[]): void {
    this.#status.refresh()
    const { plan, services } = this.#generations.current
    for (const { kind, key } of changes) {
      const subject = kind === 'lift' ? parseLiftKey(key) : undefined
      if (subject !== undefined) liftCounters(plan.hosts, subject, services.counters)
    }
    const applied = changes.map((change) => ({
      seq: change.seq,
      ended: this.#connections.apply(change),
    }))
    this.#send({ type: 'applied', changes: applied })
  }

  #prepare(number: number, plan: Plan): void {
    try {
      this.#generations.prepare(number, plan)
      this.#send({ type: 'prepared', generation: number })
    } catch (error) {
      this.#send({ type: 'prepared', generation: number, failure: failureOf(error) })
    }
  }

  #commit(number: number): void {
    const before = this.#generations.commit(number)
    if (before === undefined) return
    const { plan, hosts } = this.#generations.current
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
    this.#generations.leave(before)
    this.#send({ type: 'committed', generation: number })
    void this.#connections.review()
  }

  /** Takes nothing new, lets what is under way end, and tells when all is done. */
  async #drain(): Promise<void> {
    if (this.#isDraining) return
    this.#isDraining = true
    this.#frontDoor.close()
    this.#decisionDoor.close()
    const { open, pending } = this.#connections
    for (const connection of open) connection.endGracefully()
    const deadline = performance.now() + this.#plan.limits.drainSeconds * 1000
    while (open.size + pending.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    for (const handshake of pending) handshake.drop()
    for (const connection of open) connection.endNow()
    this.#generations.close()
    // The last lines are those of the connections that were just cut off.
    await new Promise((resolve) => setTimeout(resolve, open.size > 0 ? 50 : 0))
    this.#lines.flush()
    this.#records.sendRecords()
    this.#records.sendShadow()
    this.#send({ type: 'drained' })
  }

  #tellMetrics(request: number): void {
    const metrics = collectMetrics({
      generation: this.#generations.current,
      connections: this.#connections,
      counters: this.#counters,
      addresses: this.#addresses,
      durations: this.#durations,
      frontDoor: this.#frontDoor,
      decisionDoor: this.#decisionDoor,
      lines: this.#lines,
      records: this.#records,
    })
    this.#send({ type: 'metrics', request, metrics })
  }
}
