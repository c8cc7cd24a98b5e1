import { builtInRoots, type TrustAnchor, type TrustMaterial } from '@sallyport/attestation'
import { resolvePath } from '@sallyport/config'
import type { Logger } from 'pino'
import { notFetched } from '../config/attestation-config.ts'
import type { AuthorityConfig } from '../config/authority-config.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Store } from '../store/store.ts'
import type { Leases } from '../work/leases.ts'
import { readDevelopmentRoots } from './development-roots.ts'
import { judgeTrust } from './judge-trust.ts'
import { KeptDocument, type OfferOptions } from './kept-document.ts'
import { ListWatch } from './list-watch.ts'
import { hasAttestedDevices } from './listed-devices.ts'
import { listFromStore } from './listed-serials.ts'
import { type Attempt, PeriodicRefresh } from './periodic-refresh.ts'
import { sweepPolicy } from './policy-change.ts'
import { type PinnedRoots, pinRoots } from './published-roots.ts'
import { type SnapshotFile, snapshotFileOf } from './snapshot-file.ts'
import { type AttemptContext, attemptFetch, attemptSnapshot } from './trust-attempts.ts'
import { rootsDocument, statusListDocument, type TrustDocument } from './trust-documents.ts'
import { type TrustMaterials, trustMaterials } from './trust-material.ts'
import { TrustProblems } from './trust-problems.ts'
import { offerBytes } from './trust-sources.ts'
import { countedFetchTime } from './trust-time.ts'

/** What the keeper reads of the configuration. */
export type TrustConfig = Pick<AuthorityConfig, 'attestation' | 'apps'>

export type TrustKeeperOptions = {
  config: TrustConfig
  /** What paths in the configuration are relative to. */
  directory: string
  store: Store
  leases: Leases
  metrics: Metrics
  log: Logger
  /** Milliseconds since 1970. */
  now: () => number
}

/** A configuration, and what was read of the files that it names. */
type Loaded = {
  readonly config: TrustConfig
  readonly developmentRoots: readonly TrustAnchor[]
  readonly snapshot: SnapshotFile | undefined
}

const publisherProblems = ['trust_source_unreachable', 'trust_time_doubtful'] as const
const minuteMs = 60_000
const hourMs = 60 * minuteMs

/**
 * Keeps what evidence is judged by: the roots and the status list of Android Key Attestation, as they
 * are published or as a signed snapshot brings them; Apple's roots are built in. What was good last
 * stays in use, over restarts too, until something better is had.
 */
export class TrustKeeper {
  readonly problems: TrustProblems
  readonly statusList
  readonly roots
  readonly refreshes: Readonly<Record<'statusList' | 'roots' | 'snapshot', PeriodicRefresh>>
  readonly watch: ListWatch
  readonly #options: TrustKeeperOptions
  readonly #closing = new AbortController()
  #loaded: Loaded
  // Assembled by the constructor.
  #pinned!: PinnedRoots
  #materials!: TrustMaterials
  #isNeeded = false

  /** @throws Problem `config_unreadable` where a file that the configuration names cannot be read */
  constructor(options: TrustKeeperOptions) {
    const { config, log, now } = options
    this.#options = options
    this.problems = new TrustProblems(log, now)
    this.statusList = new KeptDocument(statusListDocument, this.problems)
    this.roots = new KeptDocument(rootsDocument, this.problems)
    this.#loaded = this.#read(config)
    this.#assemble()
    const refresh = (attempt: () => Promise<Attempt>): PeriodicRefresh => {
      const intervalMs = () => this.config.attestation.refreshMinutes * minuteMs
      return new PeriodicRefresh({ attempt, intervalMs, now, log })
    }
    this.refreshes = {
      statusList: refresh(() =>
        this.#fetch(this.statusList, statusListDocument, this.#android.statusListUrl),
      ),
      roots: refresh(() => this.#fetch(this.roots, rootsDocument, this.#android.rootsUrl)),
      snapshot: refresh(() => this.#readSnapshot()),
    }
    this.watch = new ListWatch({
      ...options,
      list: () => this.statusList.held,
      policy: () => sweepPolicy(this.config),
      onRound: () => this.#judge(),
    })
  }

  get config(): TrustConfig {
    return this.#loaded.config
  }

  get pinned(): PinnedRoots {
    return this.#pinned
  }

  get developmentRoots(): readonly TrustAnchor[] {
    return this.#loaded.developmentRoots
  }

  /** Whether roots and status list are asked for: an app takes such evidence, or a device rests on it. */
  get isNeeded(): boolean {
    return this.#isNeeded
  }

  /**
   * What evidence is judged by now. Ask for it at each appraisal: it changes.
   *
   * @param options.development whether evidence may end at a development root: for apps with
   *   `insecureDevelopmentDevices` alone
   */
  material({ development }: { development: boolean }): TrustMaterial {
    return development ? this.#materials.development : this.#materials.production
  }

  /** Begins with the last good copies, from the disk or else from the store. */
  async load(): Promise<void> {
    const { store, now } = this.#options
    await this.statusList.load(this.#directory)
    await this.roots.load(this.#directory)
    if (this.statusList.held === undefined) {
      const recorded = await listFromStore(store.read)
      if (recorded !== undefined) await offerBytes(this.statusList, recorded, this.#offer(now()))
    }
    await this.#judge()
  }

  /** Fetches, or reads the snapshot, at once and then on its schedule. */
  start(): void {
    for (const refresh of Object.values(this.refreshes)) void refresh.run()
    this.watch.start()
  }

  /**
   * Reads the files that another configuration names, so that nothing can fail when it is taken up.
   *
   * @returns what takes it up
   * @throws Problem `config_unreadable`
   */
  prepare(config: TrustConfig): () => void {
    const loaded = this.#read(config)
    return () => {
      const before = this.#directory
      this.#loaded = loaded
      this.#assemble()
      this.watch.policyChanged()
      void this.#moveTo(before).then(() => this.refresh())
    }
  }

  /** Asks for everything now. Resolves when that is done, and enrolled devices were held against it. */
  async refresh(): Promise<void> {
    await Promise.all(Object.values(this.refreshes).map((refresh) => refresh.run()))
    await this.watch.run()
  }

  /**
   * Takes up the status list that was not believed.
   *
   * @param sha256 of its bytes, hex: the one that the operator looked at, and no other
   * @returns false where it is another one, or none, by now
   */
  async acceptStatusList(sha256: string): Promise<boolean> {
    const doubted = this.statusList.doubted
    if (doubted?.copy.sha256 !== sha256) return false
    const options = { ...this.#offer(this.#options.now()), trustDoubted: true }
    await this.statusList.offer(doubted.copy, options)
    this.#takeUp()
    return true
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(Object.values(this.refreshes).map((refresh) => refresh.close()))
    await this.watch.close()
  }

  get #android() {
    return this.config.attestation.android
  }

  get #directory(): string {
    return resolvePath(this.#options.directory, this.config.attestation.directory)
  }

  #offer(now: number): OfferOptions {
    return { directory: this.#directory, now }
  }

  /** Another directory gets what is held. */
  async #moveTo(before: string): Promise<void> {
    if (this.#directory === before) return
    await this.statusList.persist(this.#directory)
    await this.roots.persist(this.#directory)
  }

  #read(config: TrustConfig): Loaded {
    const { directory } = this.#options
    const { insecureDevelopmentRoots, snapshot } = config.attestation
    return {
      config,
      developmentRoots: readDevelopmentRoots(directory, insecureDevelopmentRoots),
      snapshot: snapshot === undefined ? undefined : snapshotFileOf(directory, snapshot),
    }
  }

  async #fetch<T>(
    kept: KeptDocument<T>,
    document: TrustDocument<T>,
    url: string,
  ): Promise<Attempt> {
    const isAsked = this.#loaded.snapshot === undefined && url !== notFetched
    if (!isAsked || !(await this.#findNeed())) {
      // What the publisher did wrong is not wrong any more where nobody asks it.
      const ofPublisher = [...publisherProblems, document.malformed]
      for (const code of ofPublisher) this.problems.clear(code, document.name)
      return { outcome: 'idle' }
    }
    const attempt = await attemptFetch(this.#context(), kept, document, url)
    this.#takeUp()
    return attempt
  }

  async #readSnapshot(): Promise<Attempt> {
    const { snapshot } = this.#loaded
    if (snapshot === undefined) {
      this.problems.clear('trust_snapshot_refused', 'snapshot')
      this.problems.clear('trust_snapshot_older', 'snapshot')
      return { outcome: 'idle' }
    }
    const attempt = await attemptSnapshot(this.#context(), this, snapshot)
    this.#takeUp()
    return attempt
  }

  #context(): AttemptContext {
    const { metrics, now } = this.#options
    const { signal } = this.#closing
    return { problems: this.problems, metrics, now, directory: this.#directory, signal }
  }

  /** Of a list that is not there, nobody is told who never needed one. */
  async #findNeed(): Promise<boolean> {
    const { apps } = this.config
    this.#isNeeded =
      Object.values(apps).some(({ enrollment }) => enrollment.evidence.includes('android-key')) ||
      (await hasAttestedDevices(this.#options.store.read))
    return this.#isNeeded
  }

  async #judge(): Promise<void> {
    await this.#findNeed()
    this.#assemble()
    judgeTrust(this.problems, {
      statusList: this.statusList.held,
      pinned: this.#pinned,
      config: this.config.attestation,
      isNeeded: this.#isNeeded,
      now: this.#options.now(),
    })
  }

  /** What is held may be another one now. */
  #takeUp(): void {
    this.#assemble()
    if (!this.#closing.signal.aborted) void this.watch.run()
  }

  #assemble(): void {
    const { statusListMaxAgeHours, whenTooOld, rootKeys } = this.#android
    const { held } = this.statusList
    const now = this.#options.now()
    this.#pinned = pinRoots(rootKeys, builtInRoots.google, this.roots.held?.value)
    this.#materials = trustMaterials({
      android: {
        anchors: this.#pinned.anchors,
        statusList:
          held === undefined
            ? undefined
            : { entries: held.value, fetchedAt: countedFetchTime(held.copy.fetchedAt, now) },
        statusListAge: { maxAgeMs: statusListMaxAgeHours * hourMs, whenTooOld },
      },
      developmentRoots: this.#loaded.developmentRoots,
    })
  }
}
