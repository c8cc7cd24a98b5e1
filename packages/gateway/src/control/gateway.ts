import { setTimeout as pause } from 'node:timers/promises'
import { Problem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import { AddressKeeper } from '../addresses/address-keeper.ts'
import {
  accessLogOf,
  addressOf,
  fileOf,
  type GatewayConfig,
  listenAddressOf,
} from '../configuration/gateway-config.ts'
import { filesOf, type MadePlan, makePlan } from '../configuration/make-plan.ts'
import { CounterMemory } from '../counters/counter-memory.ts'
import type { Log } from '../log/log.ts'
import type { Address, ListenAddress, WorkerStart } from '../worker/messages.ts'
import { AssertionKeeper } from './assertion-keeper.ts'
import { AuthorityLink } from './authority-link.ts'
import { BreakGlass } from './break-glass.ts'
import { claimGatewayPorts, type GatewayPorts } from './gateway-ports.ts'
import { hearWorker } from './hear-worker.ts'
import { type LineWriter, lineWriter } from './line-writer.ts'
import { metricsPage } from './metrics-page.ts'
import { Reloads } from './reloads.ts'
import { ReportSender } from './report-sender.ts'
import { restartNeeded } from './restart-needed.ts'
import { ServerCertificates } from './server-certificates.ts'
import { StalenessWatch } from './staleness-watch.ts'
import { StatusFollower } from './status-follower.ts'
import { TrustKeeper } from './trust-keeper.ts'
import { gatewayVersion } from './version.ts'
import { warnOfInsecurity } from './warn-of-insecurity.ts'
import { WorkerPool } from './worker-pool.ts'

export type GatewayOptions = {
  readonly log: Log
  /** Reads the configuration anew. Without it there is no reload. */
  readonly reload?: () => Promise<GatewayConfig>
}

/** What a report takes. */
const maxReportedBlocks = 1_000

/** How much longer than its workers the gateway takes to end. */
const drainMarginMs = 2_000

/**
 * The main thread of a gateway: it decides nothing about a request. It knows, tells its workers, and
 * tells the authority.
 */
export class Gateway {
  readonly #log: Log
  readonly #instance = newId('gatewayInstance')
  readonly #authority: AuthorityLink
  readonly #pool: WorkerPool
  readonly #trust: TrustKeeper
  readonly #reports: ReportSender
  readonly #status: StatusFollower
  readonly #staleness: StalenessWatch
  readonly #reloads: Reloads
  readonly #counters: CounterMemory
  readonly #addresses: AddressKeeper
  readonly #assertions: AssertionKeeper
  readonly #certificates: ServerCertificates
  readonly #breakGlass: BreakGlass
  readonly #started: GatewayConfig['value']['gateway']
  #config: GatewayConfig
  #made: MadePlan
  #lines: LineWriter | undefined
  #ports: GatewayPorts | undefined
  #generation = 0
  #isLeaving = false
  #isClosing = false

  /** @throws Problem `config_invalid`, `config_unreadable` */
  constructor(config: GatewayConfig, { log, reload }: GatewayOptions) {
    const { gateway } = config.value
    const stateDirectory = fileOf(config, gateway.stateDirectory)
    this.#log = log
    this.#started = gateway
    this.#config = config
    this.#made = makePlan(config)
    this.#authority = new AuthorityLink(this.#made.authority)
    const { client } = this.#authority
    const pool = new WorkerPool({
      log,
      start: (worker) => this.#workerStart(worker),
      onMessage: (worker, message) =>
        hearWorker(worker, message, {
          log,
          receipts: this.#status.receipts,
          reports: this.#reports,
          lines: this.#lines,
        }),
      onEnded: (worker) => {
        this.#addresses.release(this.#counters.gone(worker.index))
        this.#status.receipts.gone(worker)
      },
    })
    this.#pool = pool
    this.#trust = new TrustKeeper(this.#made.ticketSecret, (trust) =>
      pool.post({ type: 'trust', trust }),
    )
    this.#reports = new ReportSender({
      client,
      log,
      instance: this.#instance,
      version: gatewayVersion,
      position: () => this.#status.reached,
      blocks: () => this.#addresses.held(maxReportedBlocks),
      unconfirmed: () => this.#status.unconfirmed,
      assertionKeys: () => this.#assertions.keySet().keys,
    })
    this.#status = new StatusFollower({
      name: gateway.name,
      stateDirectory,
      log,
      client,
      feedKeys: this.#made.authority.feedKeys,
      pool,
      trust: this.#trust,
      reports: this.#reports,
      liftAddress: (network) => this.#addresses.lift(network),
    })
    const { control } = this.#status.known
    this.#staleness = new StalenessWatch(control, () => this.#made.plan.status, log)
    this.#reloads = new Reloads({
      log,
      read: reload,
      take: (next) => this.#takeOver(next),
      files: () => filesOf(this.#config),
    })
    this.#counters = new CounterMemory(gateway.counters, gateway.workers)
    this.#addresses = new AddressKeeper({
      log,
      directory: stateDirectory,
      onTables: (tables) => pool.post({ type: 'addresses', tables }),
    })
    this.#assertions = new AssertionKeeper(stateDirectory, log, (key) =>
      pool.post({ type: 'assertion-key', key }),
    )
    this.#certificates = new ServerCertificates({
      stateDirectory,
      log,
      share: (credentials) => pool.handOut({ type: 'credentials', credentials }),
    })
    this.#breakGlass = new BreakGlass({
      stateDirectory,
      log,
      handOut: (open) => pool.handOut({ type: 'open-glass', open }),
      onEvent: (event) => this.#reports.brokeGlass(event),
      now: () => Date.now(),
    })
  }

  /** @throws Problem `port_in_use`, and what `new Gateway` throws */
  async start(waitForSnapshotMs: number): Promise<readonly ListenAddress[]> {
    const { gateway } = this.#config.value
    const { plan } = this.#made
    const hasTakenUp = await this.#status.takeUp()
    warnOfInsecurity(plan, this.#log)
    const listen = gateway.listen.map(listenAddressOf)
    const ports = await claimGatewayPorts(listen, plan.decisions, gateway.workers)
    this.#ports = ports
    this.#lines = await lineWriter(accessLogOf(this.#config), this.#log)
    this.#breakGlass.start()
    await this.#assertions.prepare(this.#made.assertionKeys)
    if (gateway.keySet !== undefined) {
      await this.#assertions.publish(addressOf(gateway.keySet.listen), this.#made.keySet)
    }
    await this.#addresses.use(this.#made.addresses)
    await this.#certificates.prepare(plan.hosts, this.#made.acme)
    await this.#pool.start(gateway.workers)
    await this.#certificates.start()
    this.#reports.start()
    this.#status.follow()
    this.#reloads.start()
    this.#staleness.start()
    if (!hasTakenUp) await this.#status.snapshotWithin(waitForSnapshotMs)
    this.#staleness.tell()
    return ports.addresses
  }

  /**
   * Takes the configuration as it is now, whole or not at all. One at a time. Tells the settings that the
   * next start alone takes.
   *
   * @throws Problem why it was not taken; the old one is in force then
   */
  reload(): Promise<readonly string[]> {
    return this.#reloads.run()
  }

  /** Says that it is not ready, and goes on for `limits.unreadySeconds`: balancers ask another one by then. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    await pause(this.#made.plan.limits.unreadySeconds * 1000)
  }

  /** Takes nothing new, finishes what is under way within `limits.drainSeconds`, and ends. */
  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#reloads.close()
    await this.#breakGlass.close()
    this.#trust.close()
    this.#addresses.close()
    await this.#certificates.close()
    this.#staleness.close()
    await this.#pool.drain(this.#made.plan.limits.drainSeconds * 1000 + drainMarginMs)
    this.#status.stop()
    await this.#reports.close()
    this.#authority.close()
    await this.#status.close()
    await this.#pool.close()
    await this.#assertions.close()
    await this.#ports?.release()
    await this.#lines?.close()
  }

  /** Where services fetch the public keys of assertions. */
  get keySetAddress(): Address | undefined {
    return this.#assertions.publishedAt
  }

  /** Where http-01 is answered. */
  get http01Addresses(): readonly Address[] {
    return this.#certificates.http01Addresses
  }

  /** Where proxies ask for decisions. */
  get decisionListeners(): GatewayPorts['decisions'] {
    return this.#ports?.decisions ?? { addresses: [], sockets: [] }
  }

  /** The lists of addresses, and the blocks that hold. */
  get addresses(): AddressKeeper {
    return this.#addresses
  }

  keySet(): unknown {
    return this.#assertions.keySet()
  }

  /** Why the gateway cannot decide now; undefined where it can. */
  unready(): string | undefined {
    if (this.#isLeaving || this.#isClosing) return 'the gateway is going out of service'
    if (!this.#pool.workers.some(({ isReady }) => isReady)) return 'no worker is ready'
    const why = this.#staleness.unready()
    return why === undefined ? undefined : (this.#status.standstill ?? why)
  }

  findDecision(key: string): ReturnType<WorkerPool['findDecision']> {
    return this.#pool.findDecision(key)
  }

  async metrics(): Promise<string> {
    const { level, ageSeconds } = this.#staleness
    return metricsPage(await this.#pool.metrics(), {
      version: gatewayVersion,
      workers: this.#pool.workers.filter(({ isReady }) => isReady).length,
      workerRestarts: this.#pool.restarts,
      feedAgeSeconds: ageSeconds,
      staleLevel: level,
      ...this.#status.facts(),
      reloads: this.#reloads.counts,
      certificates: this.#certificates.facts(),
      acmeAttempts: this.#certificates.attempts,
      openGlass: this.#breakGlass.open,
      addresses: this.#addresses.facts(),
      counterFill: this.#counters.fill(),
      insecure: { insecureDevelopmentDevices: this.#made.plan.allowDevelopment },
    })
  }

  #workerStart(worker: number): WorkerStart {
    const ports = this.#ports
    if (ports === undefined) throw new TypeError('No worker starts before its ports are claimed')
    return {
      instance: this.#instance,
      ...ports.shareOf(worker),
      plan: this.#made.plan,
      trust: this.#trust.current,
      assertionKey: this.#assertions.current,
      credentials: this.#certificates.credentials,
      control: this.#status.known.control.buffer,
      table: this.#status.known.table,
      openGlass: this.#breakGlass.open,
      counters: this.#counters.seat(worker),
      addresses: this.#addresses.tables,
      addressBlocks: this.#addresses.blocks,
    }
  }

  async #takeOver(config: GatewayConfig): Promise<readonly string[]> {
    const made = makePlan(config)
    await this.#assertions.prepare(made.assertionKeys)
    await this.#certificates.prepare(made.plan.hosts, made.acme)
    const failure = await this.#pool.takeOver(++this.#generation, made.plan)
    if (failure !== undefined) {
      await this.#assertions.prepare(this.#made.assertionKeys)
      await this.#certificates.prepare(this.#made.plan.hosts, this.#made.acme)
      await this.#certificates.start()
      throw new Problem(failure.code, failure)
    }
    this.#config = config
    this.#made = made
    await this.#status.pins.pin(made.authority.feedKeys)
    this.#authority.use(made.authority)
    await this.#addresses.use(made.addresses)
    await this.#certificates.start()
    this.#trust.share(made.ticketSecret)
    this.#assertions.renewPair(made.keySet)
    await this.#lines?.reopen(accessLogOf(config))
    this.#log.info({ generation: this.#generation }, 'the configuration was taken over')
    return restartNeeded(this.#started, config.value.gateway)
  }
}
