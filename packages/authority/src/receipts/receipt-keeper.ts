import type { AuthorityConfig } from '../config/authority-config.ts'
import { reopenLanes } from './lane.ts'
import { type LaneContext, ReceiptLane } from './receipt-lane.ts'
import { readReceiptTeams, type ReceiptTeam } from './receipt-teams.ts'

/** What the keeper reads of the configuration. */
export type ReceiptsConfiguration = Pick<AuthorityConfig, 'attestation' | 'apps'>

export type ReceiptKeeperOptions = Omit<LaneContext, 'apps'> & {
  config: ReceiptsConfiguration
  /** What paths in the configuration are relative to. */
  directory: string
}

const environments = ['production', 'development'] as const

/** Keeps the receipts of App Attest keys fresh, of each team that has a key for that. */
export class ReceiptKeeper {
  readonly #options: ReceiptKeeperOptions
  #lanes: readonly ReceiptLane[]
  #isStarted = false
  #replacing = Promise.resolve()

  /** @throws Problem `config_unreadable` where a key file cannot be read */
  constructor(options: ReceiptKeeperOptions) {
    this.#options = options
    this.#lanes = this.#lanesOf(options.config, this.#read(options.config))
  }

  get lanes(): readonly ReceiptLane[] {
    return this.#lanes
  }

  start(): void {
    this.#isStarted = true
    for (const lane of this.#lanes) lane.start()
  }

  /**
   * Reads the key files that another configuration names, so that nothing can fail when it is taken up.
   *
   * @returns what takes it up
   * @throws Problem `config_unreadable`
   */
  prepare(config: ReceiptsConfiguration): () => void {
    const teams = this.#read(config)
    return () => {
      const before = this.#lanes
      this.#lanes = this.#lanesOf(config, teams)
      // Of a mistake that was mended nothing is to be waited for.
      this.#replacing = this.#replacing
        .then(() => Promise.all(before.map((lane) => lane.close())))
        .then(() => this.retry())
      if (this.#isStarted) this.start()
    }
  }

  /** Asks now for what is due, also amid an outage. Resolves when it is under way. */
  async retry(): Promise<void> {
    const { store, log, now } = this.#options
    if (this.#lanes.length === 0) return
    try {
      await store.write((tx) => reopenLanes(tx, now()))
    } catch (err) {
      log.error({ err }, 'App Attest receipts wait for the end of the outage')
    }
    for (const lane of this.#lanes) void lane.run()
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()))
    await this.#replacing
  }

  #read(config: ReceiptsConfiguration): readonly ReceiptTeam[] {
    return readReceiptTeams(this.#options.directory, config)
  }

  #lanesOf({ apps }: ReceiptsConfiguration, teams: readonly ReceiptTeam[]): readonly ReceiptLane[] {
    const context: LaneContext = { ...this.#options, apps }
    return teams.flatMap((team) =>
      environments.map((environment) => new ReceiptLane(team, environment, context)),
    )
  }
}
