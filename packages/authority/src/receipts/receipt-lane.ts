import type { AppAttestKey, TrustAnchor } from '@sallyport/attestation'
import type { Logger } from 'pino'
import type { AuthorityConfig } from '../config/authority-config.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Store } from '../store/store.ts'
import type { Leases } from '../work/leases.ts'
import { coalesced } from '../trust/coalesced.ts'
import { type Answer, askApple } from './ask-apple.ts'
import type { RiskRule } from './device-risk.ts'
import { claimDue, type ClaimOptions, type DueReceipt, hasDue } from './due-receipts.ts'
import { holdLane, isOpen, type Lane, laneAnswered, laneFailed, readLane } from './lane.ts'
import {
  recordFailed,
  recordGone,
  recordRefreshed,
  recordUnchanged,
  release,
} from './record-answer.ts'
import type { ReceiptTeam } from './receipt-teams.ts'

/** What every lane is handed. */
export type LaneContext = {
  apps: AuthorityConfig['apps']
  store: Store
  leases: Leases
  /** Roots that receipts must end at. */
  anchors: (options: { development: boolean }) => readonly TrustAnchor[]
  metrics: Metrics
  log: Logger
  now: () => number
  /** Of one request. Default: that of `refreshReceipt`. */
  timeoutMs?: number
}

/** How often it is looked whether something is due. Authorities that were started together part. */
const lookMs = 5_000
const jitterMs = 1_000
const leastRoundMs = 10_000

/**
 * Refreshes the receipts of a team at one of Apple's hosts: a few in a round, one after the other, and
 * no round sooner than the pace allows. Pace and outages are kept in the store: every authority over it
 * has them in common, over restarts too.
 */
export class ReceiptLane {
  readonly lane: Lane
  readonly team: ReceiptTeam
  readonly #context: LaneContext
  readonly #closing = new AbortController()
  readonly #rounds = coalesced(() => this.#try())
  #timer: NodeJS.Timeout | undefined

  constructor(team: ReceiptTeam, environment: AppAttestKey['environment'], context: LaneContext) {
    this.team = team
    this.lane = { team_id: team.config.teamId, environment }
    this.#context = context
  }

  get url(): string {
    const { productionUrl, developmentUrl } = this.team.config
    return { production: productionUrl, development: developmentUrl }[this.lane.environment]
  }

  /** Looks from now on, again and again. */
  start(): void {
    if (this.#closing.signal.aborted) return
    this.#timer = setTimeout(
      () => void this.#lookInTurn().then(() => this.start()),
      lookMs + Math.random() * jitterMs,
    )
  }

  /** One round, if it is time. Resolves after one that began after this was called. */
  run(): Promise<void> {
    return this.#rounds.run()
  }

  /** Ends the request under way. What was claimed and not asked for is as due as before. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    await this.#rounds.idle()
  }

  /** Of several authorities one looks: which is decided without asking them all each time. */
  async #lookInTurn(): Promise<void> {
    const { leases, log } = this.#context
    const { team_id, environment } = this.lane
    try {
      await leases.run(`receipts.${team_id}.${environment}`, lookMs * 6, () => this.run())
    } catch (err) {
      log.error({ err, ...this.lane }, 'App Attest receipts wait for the store')
    }
  }

  async #try(): Promise<void> {
    const { log } = this.#context
    try {
      if (!this.#closing.signal.aborted) await this.#round()
    } catch (err) {
      // The store, or a fault of ours: what was claimed is due again later.
      log.error({ err, ...this.lane }, 'App Attest receipts cannot be refreshed')
    }
  }

  async #round(): Promise<void> {
    const { store } = this.#context
    const claimed = await this.#claim()
    for (const [index, due] of claimed.entries()) {
      const goesOn = !this.#closing.signal.aborted && (await this.#refresh(due))
      if (goesOn) continue
      const rest = claimed.slice(this.#closing.signal.aborted ? index : index + 1)
      await store.write((tx) => release(tx, rest))
      return
    }
  }

  async #claim(): Promise<DueReceipt[]> {
    const { store, now } = this.#context
    const { roundMs, perRound } = paceOf(this.team.config.requestsPerMinute)
    const options = (): ClaimOptions => ({
      appleAppIds: this.team.appleAppIds,
      environment: this.lane.environment,
      limit: perRound,
      now: now(),
    })
    // Most of the time there is nothing to do: that is found out without a write.
    if (!isOpen(await readLane(store.read, this.lane), now())) return []
    if (!(await hasDue(store.read, options()))) return []
    return store.write(async (tx) => {
      if (!isOpen(await readLane(tx, this.lane), now())) return []
      const claimed = await claimDue(tx, options())
      if (claimed.length > 0) await holdLane(tx, this.lane, now() + roundMs)
      return claimed
    })
  }

  /** @returns whether the next one may be asked for */
  async #refresh(due: DueReceipt): Promise<boolean> {
    const { metrics } = this.#context
    const answer = await this.#ask(due)
    // A request that we ended ourselves says nothing of Apple.
    if (this.#closing.signal.aborted && answer.outcome === 'failed') return false
    const { outcome } = answer
    const help = 'Answers of Apple to App Attest receipts, by what came of them'
    metrics.count('sallyport_authority_receipts_total', help, { outcome })
    return this.#record(due, answer)
  }

  #ask({ key, isDevelopment, appId }: DueReceipt): Promise<Answer> {
    const { apps, anchors, now, timeoutMs } = this.#context
    const { signal } = this.#closing
    const development = isDevelopment && appOf(apps, appId)?.insecureDevelopmentDevices === true
    return askApple({
      url: this.url,
      key,
      signer: this.team.signer,
      anchors: anchors({ development }),
      now: () => new Date(now()),
      fetch: (input, init) =>
        fetch(input, { ...init, signal: AbortSignal.any([signal, init?.signal ?? signal]) }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    })
  }

  async #record(due: DueReceipt, answer: Answer): Promise<boolean> {
    const { store, now } = this.#context
    if (answer.outcome === 'refreshed') {
      const rule = this.#ruleFor(due)
      const effect = await store.write(async (tx) => {
        await laneAnswered(tx, this.lane, now())
        return recordRefreshed(tx, due, answer.refreshed, { rule, now: now() })
      })
      if (effect !== undefined) this.#tellRisk(due, answer.refreshed.fields.riskMetric, effect)
      return true
    }
    if (answer.outcome === 'unchanged' || answer.outcome === 'gone') {
      await store.write(async (tx) => {
        await laneAnswered(tx, this.lane, now())
        if (answer.outcome === 'unchanged') await recordUnchanged(tx, due, now())
        else await recordGone(tx, due, { code: answer.problem.code, now: now() })
      })
      return true
    }
    await this.#recordOutage(due, answer.problem)
    return false
  }

  async #recordOutage(
    due: DueReceipt,
    { code, expected, found, retryAfterSeconds }: Extract<Answer, { problem: unknown }>['problem'],
  ): Promise<void> {
    const { store, log, now } = this.#context
    const failures = await store.write(async (tx) => {
      await recordFailed(tx, due, { code, now: now() })
      return laneFailed(tx, this.lane, { code, retryAfterSeconds, now: now() })
    })
    // Of an outage that goes on, the status and the metrics tell.
    if (failures > 1) return
    log.warn(
      { code, expected, found, url: this.url, ...this.lane },
      'App Attest receipts are not refreshed',
    )
  }

  /** In mode shadow nothing is refused yet: an operator is told. */
  #ruleFor({ appId }: DueReceipt): RiskRule | undefined {
    const { maxRiskMetric, onRisk } = this.team.config
    if (maxRiskMetric === undefined) return undefined
    const isShadow = appOf(this.#context.apps, appId)?.enrollment.mode === 'shadow'
    return { maxRiskMetric, onRisk: isShadow ? 'notify' : onRisk }
  }

  #tellRisk({ deviceId }: DueReceipt, riskMetric: number | undefined, effect: string): void {
    const { metrics, log } = this.#context
    const help = 'Devices whose phone made too many App Attest keys, by what was done'
    metrics.count('sallyport_authority_device_risks_total', help, { effect })
    log.warn({ deviceId, riskMetric, effect }, 'a phone made more App Attest keys than it may')
  }
}

/** Rounds are as short as the pace allows; of a slow pace each round has one. */
export function paceOf(requestsPerMinute: number): { roundMs: number; perRound: number } {
  const roundMs = Math.max(leastRoundMs, 60_000 / requestsPerMinute)
  return { roundMs, perRound: Math.max(1, Math.floor((requestsPerMinute * roundMs) / 60_000)) }
}

function appOf(apps: AuthorityConfig['apps'], appId: string) {
  return Object.hasOwn(apps, appId) ? apps[appId] : undefined
}
