import type { Change } from '@sallyport/wire'
import { parseLiftKey } from '@sallyport/wire/lift'
import type { PackedStatus } from '@sallyport/wire/status'
import { FeedPins } from '../feed/feed-pins.ts'
import type { Log } from '../log/log.ts'
import { statusControl } from '../status/status-control.ts'
import type { AuthorityClient } from './authority-client.ts'
import { ClockWatch } from './clock-watch.ts'
import { FeedClient, type FeedPosition } from './feed-client.ts'
import { KnownStatus } from './known-status.ts'
import { Receipts } from './receipts.ts'
import type { ReportSender } from './report-sender.ts'
import { StatusKeeper } from './status-keeper.ts'
import type { TrustKeeper } from './trust-keeper.ts'
import { UnconfirmedReports } from './unconfirmed-reports.ts'
import type { WorkerPool } from './worker-pool.ts'

export type StatusFollowerOptions = {
  /** Of this gateway. */
  readonly name: string
  readonly stateDirectory: string
  readonly log: Log
  readonly client: () => AuthorityClient
  /** The configured JWK Set of the feed, as text. */
  readonly feedKeys: string | undefined
  readonly pool: WorkerPool
  readonly trust: TrustKeeper
  readonly reports: ReportSender
  /** Lifts the temporary blocks of an address or network. */
  readonly liftAddress: (network: string) => void
}

/** A worker that is late still reads the old table, which is kept true for it. Node knows no longer timer. */
const handOutMs = 2 ** 31 - 1

/** Stands in the written status as well: another version reads it. */
const revoked = 'this gateway was revoked'

/**
 * Follows the authority: what it says of devices, certificates, tokens and issuers is known here, on disk
 * and in every worker, and the authority is told when it is.
 */
export class StatusFollower {
  readonly known: KnownStatus
  readonly pins: FeedPins
  readonly unconfirmed: UnconfirmedReports
  readonly receipts: Receipts
  readonly #options: StatusFollowerOptions
  readonly #keeper: StatusKeeper
  readonly #feed: FeedClient
  readonly #firstSnapshot = Promise.withResolvers<void>()
  #following: Promise<void> | undefined

  constructor(options: StatusFollowerOptions) {
    const { log, client, pool, reports, stateDirectory } = options
    this.#options = options
    this.pins = new FeedPins(stateDirectory, options.feedKeys, log)
    this.known = new KnownStatus(statusControl(), (table) =>
      pool.handOut({ type: 'table', table }, handOutMs),
    )
    this.unconfirmed = new UnconfirmedReports(this.known)
    this.receipts = new Receipts(
      (changes) => reports.applied(changes),
      () => this.#feed.freshness.now(),
    )
    this.#keeper = new StatusKeeper(stateDirectory, this.known, log)
    const clock = new ClockWatch(log)
    this.#feed = new FeedClient({
      client,
      pins: this.pins,
      log,
      position: () => this.position,
      onSnapshot: (status) => this.#takeSnapshot(status),
      onChanges: (changes) => this.#takeChanges(changes),
      onTime: (at) => clock.compare(at),
      onHeard: (secondsAgo, at) => {
        this.known.control.setHeard(secondsAgo)
        this.known.control.setToldUntil(at)
        this.#keeper.heard(Math.floor(Date.now() - secondsAgo * 1_000))
      },
    })
  }

  /** Up to where the feed is known; undefined where nothing is. */
  get position(): FeedPosition | undefined {
    const { epoch, seq, mark } = this.known
    return seq < 0 ? undefined : { epoch, seq, mark }
  }

  /**
   * How far this gateway has done what it was told: what is known and not yet in force in every worker, or not yet
   * on disk, is not reached. To the authority, whoever reached a change and tells of no receipt had it from a snapshot.
   */
  get reached(): { readonly epoch: string; readonly seq: number } | undefined {
    const { epoch, seq } = this.known
    const open = this.receipts.firstOpen ?? seq + 1
    return seq < 0 ? undefined : { epoch, seq: Math.max(0, Math.min(seq, open - 1)) }
  }

  /** Why everything is refused where that does not mend by itself; undefined where nothing says so. */
  get standstill(): string | undefined {
    const { notUnderstood } = this.known
    if (notUnderstood.includes(revoked) || this.#feed.lastCode === 'gateway_revoked') return revoked
    if (notUnderstood.length === 0) return undefined
    return `the authority speaks of ${notUnderstood.join(', ')}, which this version does not understand`
  }

  /** For metrics. */
  facts() {
    return {
      feedConnected: this.#feed.isConnected,
      feedSequence: Math.max(0, this.known.seq),
      feedRefused: this.#feed.refused,
      changeAges: this.receipts.ages,
      entries: this.known.counts(),
    }
  }

  /**
   * Takes up what the gateway before this one had written down.
   *
   * @returns whether there was anything
   */
  async takeUp(): Promise<boolean> {
    const { trust, log } = this.#options
    await this.pins.load()
    const age = await this.#keeper.takeUp(Date.now())
    if (age === undefined) return false
    this.known.handOut()
    trust.believe(this.known.issuers, false)
    // This version may know by now what the one before did not.
    if (this.known.notUnderstood.length > 0) this.#feed.requireSnapshot()
    const { seq } = this.known
    log.info({ ageSeconds: Math.round(age), seq }, 'status taken up from disk')
    return true
  }

  follow(): void {
    this.#following = this.#feed.run()
  }

  /** Resolves with the first snapshot that the authority sends, or when it has been waited for long enough. */
  async snapshotWithin(waitMs: number): Promise<void> {
    const timeOver = new Promise((resolve) => setTimeout(resolve, waitMs).unref())
    await Promise.race([this.#firstSnapshot.promise, timeOver])
  }

  /** Hears nothing more. What was heard is still being reported. */
  stop(): void {
    this.#feed.close()
  }

  /** Has all that was heard on disk. */
  async close(): Promise<void> {
    await this.#following
    await this.#keeper.close()
  }

  #takeSnapshot(status: PackedStatus): void {
    const { log, trust, reports } = this.#options
    const { isTrustChanged, isTrustWithdrawn, kept } = this.known.replace(status, Date.now())
    if (kept > 0) {
      log.error(
        { kept, epoch: status.epoch, seq: status.seq },
        'the authority has forgotten what it once told, as after an older backup: what refused goes on refusing here, until somebody decides (sallyport feed unconfirmed)',
      )
    }
    if (isTrustChanged) trust.believe(this.known.issuers, isTrustWithdrawn)
    // Before workers hear of it, or they would find what they were given too old for a moment.
    this.known.control.setHeard(0)
    // Whoever was listed only in the snapshot has connections that no single change will end.
    this.known.handOut()
    this.#tellIgnorance()
    this.#keeper.replaced()
    // Whoever watches the gateways need not wait for the next heartbeat to see this one.
    reports.send()
    this.#firstSnapshot.resolve()
  }

  #takeChanges(changes: readonly Change[]): void {
    const { trust, pool, liftAddress } = this.#options
    const known = changes.map((change) => this.known.apply(change))
    if (known.some(({ isTrustChanged }) => isTrustChanged)) {
      const isWithdrawn = known.some(({ isTrustWithdrawn }) => isTrustWithdrawn)
      trust.believe(this.known.issuers, isWithdrawn)
    }
    if (known.some(({ isListMissing }) => isListMissing)) this.#feed.requireSnapshot()
    // That a certificate was issued ends nobody's connection, and nobody waits to hear of it.
    const ending = known.flatMap(({ change }) =>
      change === undefined || change.status === 'issued' ? [] : change,
    )
    const seqs = new Set(ending.map(({ seq }) => seq))
    for (const { kind, key } of ending) {
      const subject = kind === 'lift' ? parseLiftKey(key) : undefined
      if (subject?.kind === 'address') liftAddress(subject.network)
      if (kind === 'gateway' && key === this.#options.name) this.#takeRevocation()
    }
    if (ending.length > 0) pool.post({ type: 'changes', changes: ending })
    this.receipts.expect(
      changes.filter(({ seq }) => seqs.has(seq)),
      pool.workers,
      this.#keeper.keep(changes),
    )
    this.#tellIgnorance()
  }

  // It is signed: nobody between can have it stop.
  #takeRevocation(): void {
    this.known.refuseAll(revoked)
    this.#keeper.replaced()
    this.#options.log.error(
      { code: 'gateway_revoked' },
      'this gateway was revoked: it refuses everything from now on, also when it is started again',
    )
  }

  #tellIgnorance(): void {
    const { notUnderstood } = this.known
    if (notUnderstood.length === 0) return
    this.#options.log.error(
      { kinds: notUnderstood },
      'the authority speaks of things that this version does not understand: update the gateway',
    )
  }
}
