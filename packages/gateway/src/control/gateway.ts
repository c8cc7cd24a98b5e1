import { Problem } from '@sallyport/problem'
import { type Change, newId, type Snapshot } from '@sallyport/wire'
import { AddressKeeper } from '../addresses/address-keeper.ts'
import {
  addressOf,
  fileOf,
  type GatewayConfig,
  listenAddressOf,
} from '../configuration/gateway-config.ts'
import type { Credentials } from '../certificates/credentials.ts'
import { filesOf, type MadePlan, makePlan } from '../configuration/make-plan.ts'
import { CounterMemory } from '../counters/counter-memory.ts'
import type { Log } from '../log/log.ts'
import { type StaleLevel, staleLevel } from '../status/staleness.ts'
import { statusControl } from '../status/status-control.ts'
import type { Address, FromWorker, ListenAddress } from '../worker/messages.ts'
import { AssertionKeeper } from './assertion-keeper.ts'
import { AuthorityClient } from './authority-client.ts'
import { BreakGlass } from './break-glass.ts'
import { claimPorts, type ClaimedPorts } from './claim-ports.ts'
import { claimDecisionPorts, type DecisionPorts } from './decision-ports.ts'
import { FeedClient } from './feed-client.ts'
import { FileWatch } from './file-watch.ts'
import { type KeySetListener, startKeySetListener } from './key-set-listener.ts'
import { KnownStatus } from './known-status.ts'
import { listenersOf, warnOfPlainListeners } from './listener-share.ts'
import { type LineWriter, lineWriter } from './line-writer.ts'
import { metricsPage } from './metrics-page.ts'
import { Receipts } from './receipts.ts'
import { ReportSender } from './report-sender.ts'
import { restartNeeded } from './restart-needed.ts'
import { ServerCertificates } from './server-certificates.ts'
import { StatusKeeper } from './status-keeper.ts'
import { TrustKeeper } from './trust-keeper.ts'
import { gatewayVersion } from './version.ts'
import { type PooledWorker, WorkerPool } from './worker-pool.ts'

export type GatewayOptions = {
  readonly log: Log
  /** Reads the configuration anew. Without it there is no reload. */
  readonly reload?: () => Promise<GatewayConfig>
}

const staleCheckMs = 1_000
/** Longer than any worker lives without a word; node knows no longer timer. */
const longestTimeoutMs = 2 ** 31 - 1
/** From here on certificates of phones with a right clock look expired, or not yet valid. */
const clockToleranceMs = 60_000
/** How much longer than its workers the gateway takes to end. */
const drainMarginMs = 2_000

const urgencies: Readonly<Record<StaleLevel, 'info' | 'warn' | 'error'>> = {
  fresh: 'info',
  warn: 'warn',
  sensitive: 'error',
  stop: 'error',
  unavailable: 'error',
}

/**
 * The main thread of a gateway: it decides nothing about a request. It knows, tells its workers, and
 * tells the authority.
 */
export class Gateway {
  readonly #log: Log
  readonly #readConfig: GatewayOptions['reload']
  readonly #instance = newId('gatewayInstance')
  readonly #known: KnownStatus
  readonly #keeper: StatusKeeper
  readonly #pool: WorkerPool
  readonly #counters: CounterMemory
  readonly #addresses: AddressKeeper
  readonly #receipts: Receipts
  readonly #reports: ReportSender
  readonly #feed: FeedClient
  readonly #watch: FileWatch
  readonly #breakGlass: BreakGlass
  #config: GatewayConfig
  #made: MadePlan
  #client: AuthorityClient
  #lines: LineWriter | undefined
  #ports: ClaimedPorts | undefined
  #decisionPorts: DecisionPorts | undefined
  readonly #trust: TrustKeeper
  readonly #assertions: AssertionKeeper
  readonly #certificates: ServerCertificates
  #handedOut = 0
  #keySetListener: KeySetListener | undefined
  #tables = 0
  #generation = 0
  #reloading: Promise<void> = Promise.resolve()
  #reloads = { done: 0, failed: 0, lastFailed: false }
  #following: Promise<void> | undefined
  #levelTimer: NodeJS.Timeout | undefined
  #level: StaleLevel | undefined
  #isClockOff = false
  #isClosing = false
  #firstSnapshot: (() => void) | undefined

  /** @throws Problem `config_invalid`, `config_unreadable` */
  constructor(config: GatewayConfig, options: GatewayOptions) {
    this.#log = options.log
    this.#readConfig = options.reload
    this.#config = config
    this.#made = makePlan(config)
    this.#client = new AuthorityClient(this.#made.authority)
    this.#known = new KnownStatus(statusControl(), (table) => this.#handOut(table))
    this.#keeper = new StatusKeeper(
      fileOf(config, config.value.gateway.stateDirectory),
      this.#known,
      this.#log,
    )
    this.#assertions = new AssertionKeeper(
      fileOf(config, config.value.gateway.stateDirectory),
      this.#log,
      (key) => this.#pool.post({ type: 'assertion-key', key }),
    )
    this.#certificates = new ServerCertificates({
      stateDirectory: fileOf(config, config.value.gateway.stateDirectory),
      log: this.#log,
      share: (credentials) => this.#shareCredentials(credentials),
    })
    this.#trust = new TrustKeeper(this.#made.ticketSecret, (trust) =>
      this.#pool.post({ type: 'trust', trust }),
    )
    this.#addresses = new AddressKeeper({
      log: this.#log,
      directory: fileOf(config, config.value.gateway.stateDirectory),
      onTables: (tables) => this.#pool.post({ type: 'addresses', tables }),
    })
    this.#counters = new CounterMemory(config.value.gateway.counters, config.value.gateway.workers)
    this.#pool = new WorkerPool({
      log: this.#log,
      start: (worker) => ({
        instance: this.#instance,
        listen: listenersOf(worker, config.value.gateway.workers, this.#ports?.addresses ?? []),
        sharesPorts: config.value.gateway.workers > 1,
        decisions: this.#decisionPorts?.listenersOf(worker),
        plan: this.#made.plan,
        trust: this.#trust.current,
        assertionKey: this.#assertions.current,
        credentials: this.#certificates.credentials,
        control: this.#known.control.buffer,
        table: this.#known.table,
        openGlass: this.#breakGlass.open,
        counters: this.#counters.seat(worker),
        addresses: this.#addresses.tables,
        addressBlocks: this.#addresses.blocks,
      }),
      onMessage: (worker, message) => this.#hear(worker, message),
      onEnded: (worker) => {
        this.#counters.gone(worker.index)
        this.#receipts.gone(worker)
      },
    })
    const position = () =>
      this.#known.seq < 0 ? undefined : { epoch: this.#known.epoch, seq: this.#known.seq }
    const client = () => this.#client
    this.#reports = new ReportSender({
      client,
      log: this.#log,
      instance: this.#instance,
      version: gatewayVersion,
      position,
    })
    this.#receipts = new Receipts((changes) => this.#reports.applied(changes))
    this.#feed = new FeedClient({
      client,
      log: this.#log,
      position,
      onSnapshot: (snapshot) => this.#takeSnapshot(snapshot),
      onChanges: (changes) => this.#takeChanges(changes),
      onTime: (at) => this.#compareClock(at),
      onHeard: () => {
        this.#known.control.setHeard(0)
        this.#keeper.heard(Date.now())
      },
    })
    this.#breakGlass = new BreakGlass({
      stateDirectory: fileOf(config, config.value.gateway.stateDirectory),
      log: this.#log,
      handOut: (open) => this.#pool.handOutGlass(open),
      onEvent: (event) => this.#reports.brokeGlass(event),
      now: () => Date.now(),
    })
    this.#watch = new FileWatch(this.#log, () => {
      this.#log.info({}, 'a file of the configuration has changed')
      // What went wrong is said there.
      this.reload().catch(() => {})
    })
  }

  /** @throws Problem `port_in_use`, and what `new Gateway` throws */
  async start(waitForSnapshotMs: number): Promise<readonly ListenAddress[]> {
    const { gateway } = this.#config.value
    const now = Date.now()
    const age = await this.#keeper.takeUp(now)
    if (age !== undefined) {
      this.#trust.believe(this.#known.issuers, false)
      // This version may know by now what the one before did not.
      if (this.#known.notUnderstood.length > 0) this.#feed.requireSnapshot()
      this.#log.info(
        { ageSeconds: Math.round(age), seq: this.#known.seq },
        'status taken up from disk',
      )
    }
    if (this.#made.plan.allowDevelopment) {
      this.#log.warn(
        { name: 'insecureDevelopmentDevices' },
        'insecure: development devices are let in',
      )
    }
    warnOfPlainListeners(this.#made.plan.listeners, this.#log)
    const ports = await claimPorts(gateway.listen.map(listenAddressOf))
    this.#ports = ports
    this.#decisionPorts = await claimDecisionPorts(this.#made.plan.decisions, gateway.workers)
    const { path } = gateway.accessLog
    this.#lines = await lineWriter(this.#logPath(path), this.#log)
    this.#breakGlass.start()
    await this.#assertions.prepare(this.#made.assertionKeys)
    await this.#publishKeys()
    await this.#addresses.use(this.#made.addresses)
    await this.#certificates.prepare(this.#made.plan.hosts, this.#made.acme)
    await this.#pool.start(gateway.workers)
    await this.#certificates.start()
    this.#reports.start()
    const firstSnapshot = new Promise<void>((resolve) => {
      this.#firstSnapshot = resolve
    })
    this.#following = this.#feed.run()
    this.#watch.set(filesOf(this.#config))
    this.#levelTimer = setInterval(() => this.#tellLevel(), staleCheckMs)
    if (age === undefined) {
      await Promise.race([
        firstSnapshot,
        new Promise((resolve) => setTimeout(resolve, waitForSnapshotMs).unref()),
      ])
    }
    this.#tellLevel()
    return ports.addresses
  }

  /**
   * Takes the configuration as it is now, whole or not at all. One at a time.
   *
   * @throws Problem why it was not taken; the old one is in force then
   */
  reload(): Promise<void> {
    const reloading = this.#reloading.then(() => this.#reload())
    this.#reloading = reloading.catch(() => {})
    return reloading
  }

  /** Takes nothing new, finishes what is under way within `limits.drainSeconds`, and ends. */
  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#watch.close()
    await this.#breakGlass.close()
    this.#trust.close()
    this.#assertions.close()
    this.#addresses.close()
    await this.#certificates.close()
    clearInterval(this.#levelTimer)
    await this.#pool.drain(this.#made.plan.limits.drainSeconds * 1000 + drainMarginMs)
    this.#feed.close()
    await this.#reports.close()
    this.#client.close()
    await this.#following
    await this.#keeper.close()
    await this.#pool.close()
    await this.#keySetListener?.close()
    await this.#ports?.release()
    await this.#decisionPorts?.release()
    await this.#lines?.close()
  }

  /** Where services fetch the public keys of assertions. */
  get keySetAddress(): Address | undefined {
    return this.#keySetListener?.address
  }

  keySet(): unknown {
    return this.#assertions.keySet()
  }

  /** Where proxies ask for decisions. */
  get decisionListeners(): Pick<DecisionPorts, 'addresses' | 'sockets'> {
    return this.#decisionPorts ?? { addresses: [], sockets: [] }
  }

  unready(): string | undefined {
    if (this.#isClosing) return 'the gateway is going out of service'
    if (!this.#pool.workers.some(({ isReady }) => isReady)) return 'no worker is ready'
    const level = staleLevel(this.#known.control, this.#made.plan.status)
    if (level === 'unavailable') return 'there is no verified snapshot of device status yet'
    if (level === 'stop') return 'the authority has not been heard for too long'
    return undefined
  }

  /** The lists of addresses, and the blocks that hold. */
  get addresses(): AddressKeeper {
    return this.#addresses
  }

  findDecision(key: string): ReturnType<WorkerPool['findDecision']> {
    return this.#pool.findDecision(key)
  }

  async metrics(): Promise<string> {
    const { control, seq } = this.#known
    return metricsPage(await this.#pool.metrics(), {
      version: gatewayVersion,
      workers: this.#pool.workers.filter(({ isReady }) => isReady).length,
      workerRestarts: this.#pool.restarts,
      feedConnected: this.#feed.isConnected,
      feedAgeSeconds: control.hasSnapshot() ? control.heardSecondsAgo() : undefined,
      feedSequence: Math.max(0, seq),
      staleLevel: staleLevel(control, this.#made.plan.status),
      entries: this.#known.counts(),
      reloads: this.#reloads,
      certificates: this.#certificates.facts(),
      acmeAttempts: this.#certificates.attempts,
      openGlass: this.#breakGlass.open,
      counterFill: this.#counters.fill(),
      insecure: { insecureDevelopmentDevices: this.#made.plan.allowDevelopment },
    })
  }

  async #reload(): Promise<void> {
    if (this.#readConfig === undefined || this.#isClosing) return
    try {
      const config = await this.#readConfig()
      const made = makePlan(config)
      await this.#assertions.prepare(made.assertionKeys)
      await this.#certificates.prepare(made.plan.hosts, made.acme)
      const failure = await this.#pool.takeOver(++this.#generation, made.plan)
      if (failure !== undefined) {
        await this.#certificates.prepare(this.#made.plan.hosts, this.#made.acme)
        await this.#certificates.start()
        throw new Problem(failure.code, failure)
      }
      const left = restartNeeded(this.#config.value.gateway, config.value.gateway)
      const before = this.#made
      this.#config = config
      this.#made = made
      this.#dialAnew(before)
      await this.#addresses.use(made.addresses)
      await this.#certificates.start()
      this.#trust.share(made.ticketSecret)
      if (made.keySet !== undefined) this.#keySetListener?.renew(made.keySet)
      await this.#lines?.reopen(this.#logPath(config.value.gateway.accessLog.path))
      this.#reloads = { ...this.#reloads, done: this.#reloads.done + 1, lastFailed: false }
      this.#log.info({ generation: this.#generation }, 'the configuration was taken over')
      if (left.length > 0) {
        this.#log.warn(
          { settings: left },
          'these settings take effect at the next start of the gateway',
        )
      }
    } catch (error) {
      this.#reloads = { ...this.#reloads, failed: this.#reloads.failed + 1, lastFailed: true }
      const said = error instanceof Error ? error.message : String(error)
      const facts = error instanceof Problem ? { expected: error.expected, found: error.found } : {}
      this.#log.error(
        { error: said, ...facts },
        'the configuration was refused, and the old one goes on',
      )
      throw error
    } finally {
      // Also the files of a configuration that was refused: the next swap of one may mend it.
      this.#watch.set(filesOf(this.#config))
    }
  }

  #shareCredentials(credentials: Credentials): Promise<void> {
    const number = ++this.#handedOut
    return this.#pool
      .ask(
        { type: 'credentials', credentials, number },
        (message): message is FromWorker =>
          message.type === 'credentials-taken' && message.number === number,
      )
      .then(() => undefined)
  }

  /** Where http-01 is answered. */
  get http01Addresses(): readonly Address[] {
    return this.#certificates.http01Addresses
  }

  async #publishKeys(): Promise<void> {
    const { keySet } = this.#config.value.gateway
    if (keySet === undefined) return
    const published = () => this.#assertions.keySet()
    this.#keySetListener = await startKeySetListener(
      addressOf(keySet.listen),
      this.#made.keySet,
      published,
    )
  }

  #dialAnew(before: MadePlan): void {
    if (JSON.stringify(before.authority) === JSON.stringify(this.#made.authority)) return
    const client = this.#client
    this.#client = new AuthorityClient(this.#made.authority)
    // The feed breaks off with it, and comes back with the new credentials.
    client.close()
  }

  #takeSnapshot(snapshot: Snapshot): void {
    const { isTrustChanged, isTrustWithdrawn, keptRevocations } = this.#known.replace(snapshot)
    if (keptRevocations > 0) {
      this.#log.error(
        { keptRevocations, epoch: snapshot.epoch, seq: snapshot.seq },
        'the authority has forgotten revocations that it once told, as after an older backup: they stay in force here',
      )
    }
    if (isTrustChanged) this.#trust.believe(this.#known.issuers, isTrustWithdrawn)
    // Before workers hear of it, or they would find what they were given too old for a moment.
    this.#known.control.setHeard(0)
    // Whoever was listed only in the snapshot has connections that no single change will end.
    this.#pool.post({ type: 'table', table: this.#known.table, number: ++this.#tables })
    this.#tellIgnorance()
    this.#keeper.replaced()
    // Whoever watches the gateways need not wait for the next heartbeat to see this one.
    this.#reports.send()
    this.#firstSnapshot?.()
  }

  #takeChanges(changes: readonly Change[]): void {
    const known = changes.map((change) => this.#known.apply(change))
    if (known.some(({ isTrustChanged }) => isTrustChanged)) {
      const isWithdrawn = known.some(({ isTrustWithdrawn }) => isTrustWithdrawn)
      this.#trust.believe(this.#known.issuers, isWithdrawn)
    }
    const understood = known.flatMap(({ change }) => change ?? [])
    const seqs = new Set(understood.map(({ seq }) => seq))
    if (understood.length > 0) this.#pool.post({ type: 'changes', changes: understood })
    this.#receipts.expect(
      changes.filter(({ seq }) => seqs.has(seq)),
      this.#pool.workers,
      this.#keeper.keep(changes),
    )
    this.#tellIgnorance()
  }

  #handOut(table: SharedArrayBuffer): Promise<void> {
    const number = ++this.#tables
    return this.#pool
      .ask(
        { type: 'table', table, number },
        (message): message is FromWorker =>
          message.type === 'table-taken' && message.number === number,
        // A worker that is late still reads the old table, which is kept true for it.
        longestTimeoutMs,
      )
      .then(() => undefined)
  }

  #hear(worker: PooledWorker, message: FromWorker): void {
    if (message.type === 'applied') this.#receipts.applied(worker, message.changes)
    else if (message.type === 'shadow') this.#reports.shadow(message.counts)
    else if (message.type === 'records') {
      this.#reports.records(message)
      for (const { at, ...handshake } of message.handshakes) {
        this.#log.info({ at: new Date(at).toISOString(), ...handshake }, 'a handshake failed')
      }
    } else if (message.type === 'log')
      this.#log[message.level]({ ...message.fields }, message.message)
    else if (message.type === 'lines') {
      const characters = message.text.length
      void this.#lines
        ?.write(message.text)
        .then(() => worker.post({ type: 'lines-taken', characters }))
    }
  }

  #tellLevel(): void {
    const level = staleLevel(this.#known.control, this.#made.plan.status)
    if (level === this.#level) return
    this.#level = level
    const { control } = this.#known
    const ageSeconds = control.hasSnapshot() ? control.heardSecondsAgo() : undefined
    const urgency = urgencies[level]
    this.#log[urgency]({ staleness: level, ageSeconds }, `the status of devices is ${level}`)
  }

  // Dates of certificates are held against this machine's clock.
  #compareClock(authorityAt: number): void {
    const offsetMs = Date.now() - authorityAt
    const isOff = Math.abs(offsetMs) > clockToleranceMs
    if (isOff === this.#isClockOff) return
    this.#isClockOff = isOff
    const said = isOff ? "the clock differs from the authority's" : 'the clock is right again'
    this.#log[isOff ? 'error' : 'info']({ offsetSeconds: Math.round(offsetMs / 1000) }, said)
  }

  #tellIgnorance(): void {
    const { notUnderstood } = this.#known
    if (notUnderstood.length === 0) return
    this.#log.error(
      { kinds: notUnderstood },
      'the authority speaks of things that this version does not understand: update the gateway',
    )
  }

  #logPath(path: string): string {
    return path === '-' || path === 'off' ? path : fileOf(this.#config, path)
  }
}
