import { isProblem } from '@sallyport/problem'
import {
  type AppliedChange,
  type BreakGlassEvent,
  type DecisionRecord,
  gatewayPaths,
  type HandshakeRecord,
  type HeldBlock,
  heartbeatSeconds,
  maxReportedAssertionKeys,
  type Report,
} from '@sallyport/wire'
import type { PublicJwk } from '../assertion/key-ring.ts'
import type { Log } from '../log/log.ts'
import type { CountedShadow } from '../metrics/shadow-counts.ts'
import type { AuthorityClient } from './authority-client.ts'
import { ShadowBatches } from './shadow-batches.ts'
import type { UnconfirmedReports } from './unconfirmed-reports.ts'
import { WaitingRecords } from './waiting-records.ts'

/** Between two reports that tell of requests alone. */
const minimumGapMs = 1_000
/** The authority forgets keys that no process of a gateway tells of any more. */
const repeatKeysMs = 60_000
const closeMs = 2_000

const hopelessCodes: ReadonlySet<string> = new Set(['message_malformed', 'body_too_large'])

export type ReportOptions = {
  readonly client: () => AuthorityClient
  readonly log: Log
  readonly instance: string
  readonly version: string
  /** The last change that was done with all before it; undefined before anything is known. */
  readonly position: () => { readonly epoch: string; readonly seq: number } | undefined
  /** The temporary blocks of addresses that hold. */
  readonly blocks?: () => readonly HeldBlock[]
  /** What is refused because another epoch said so. */
  readonly unconfirmed?: () => UnconfirmedReports
  /** The public keys that services are to believe. */
  readonly assertionKeys?: () => readonly PublicJwk[]
  /** What it is that reports, where it is not a gateway of ours. */
  readonly role?: NonNullable<Report['role']>
}

/** What a worker has to tell. */
export type Records = {
  readonly decisions: readonly DecisionRecord[]
  readonly handshakes: readonly HandshakeRecord[]
  readonly used: readonly string[]
  readonly dropped: number
}

/** Tells the authority what was applied, decided and seen: changes at once, the rest every heartbeat. */
export class ReportSender {
  readonly #options: ReportOptions
  readonly #applied = new WaitingRecords<AppliedChange>()
  readonly #decisions = new WaitingRecords<DecisionRecord>()
  readonly #handshakes = new WaitingRecords<HandshakeRecord>()
  readonly #used = new WaitingRecords<string>()
  readonly #shadow = new ShadowBatches()
  readonly #breakGlass = new WaitingRecords<BreakGlassEvent>()
  #dropped = 0
  #saidBlocks: string | undefined
  #saidKeys: { readonly text: string; readonly at: number } | undefined
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #isWanted = false
  #sentAt = Number.NEGATIVE_INFINITY
  #later: NodeJS.Timeout | undefined

  constructor(options: ReportOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.send(), heartbeatSeconds * 1000)
  }

  applied(changes: readonly AppliedChange[]): void {
    this.#applied.add(changes)
    this.send()
  }

  records({ decisions, handshakes, used, dropped }: Records): void {
    this.#dropped += dropped + this.#decisions.add(decisions) + this.#handshakes.add(handshakes)
    this.#used.add(used)
    // Somebody with a request id in hand may be asking already; but a flood is told in large pieces.
    const wait = this.#sentAt + minimumGapMs - performance.now()
    if (wait <= 0) this.send()
    else this.#later ??= setTimeout(() => this.#sendLater(), wait)
  }

  /** Goes with the next heartbeat. */
  shadow(counts: readonly CountedShadow[]): void {
    this.#shadow.put(counts)
  }

  /** Told at once: it is an alarm. */
  brokeGlass(event: BreakGlassEvent): void {
    this.#breakGlass.add([event])
    this.send()
  }

  #sendLater(): void {
    this.#later = undefined
    this.send()
  }

  /** One report at a time; what comes meanwhile goes with the next. */
  send(): void {
    if (this.#sending !== undefined) {
      this.#isWanted = true
      return
    }
    const position = this.#options.position()
    if (position === undefined) return
    this.#isWanted = false
    this.#sentAt = performance.now()
    clearTimeout(this.#later)
    this.#later = undefined
    this.#sending = this.#sendAndGoOn(position)
  }

  async #sendAndGoOn(position: { epoch: string; seq: number }): Promise<void> {
    const isSent = await this.#sendOne(position)
    this.#sending = undefined
    if (isSent && (this.#isWanted || this.#decisions.isFull || this.#handshakes.isFull)) this.send()
  }

  /** Sends what is left, where the authority takes it in time. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    clearTimeout(this.#later)
    const last = async (): Promise<void> => {
      await this.#sending
      this.send()
      await this.#sending
    }
    const timeOver = new Promise<void>((resolve) => {
      setTimeout(resolve, closeMs).unref()
    })
    await Promise.race([last(), timeOver])
  }

  async #sendOne(position: { epoch: string; seq: number }): Promise<boolean> {
    const { client, instance, version, role, log } = this.#options
    const blocks = this.#options.blocks?.()
    const blocksText = JSON.stringify(blocks)
    // Said once more where the last report did not arrive; and at each start, when there are none.
    const isSameBlocks = this.#saidBlocks === blocksText
    const assertionKeys = this.#keysToSay()
    const dropped = this.#dropped
    const shadow = this.#shadow.take()
    const unconfirmed = this.#options.unconfirmed?.().take()
    const report: Report = {
      instance,
      version,
      epoch: position.epoch,
      seq: position.seq,
      applied: this.#applied.take(),
      decisions: this.#decisions.take(),
      handshakes: this.#handshakes.take(),
      used: this.#used.take(),
      ...(shadow === undefined ? {} : { shadow }),
      breakGlass: this.#breakGlass.take(),
      ...(blocks === undefined || isSameBlocks ? {} : { blocks: [...blocks] }),
      ...(unconfirmed === undefined ? {} : { unconfirmed }),
      ...(assertionKeys === undefined ? {} : { assertionKeys }),
      ...(role === undefined ? {} : { role }),
      dropped,
    }
    try {
      await client().postJson(gatewayPaths.reports, report)
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      const isHopeless = isProblem(error) && hopelessCodes.has(error.code)
      log[isHopeless ? 'error' : 'debug']({ error: said }, 'a report was not taken')
      this.#options.unconfirmed?.().lost()
      if (!isHopeless) return false
      this.#giveUp(report)
      return true
    }
    this.#applied.forget()
    this.#decisions.forget()
    this.#handshakes.forget()
    this.#used.forget()
    this.#shadow.forget()
    this.#breakGlass.forget()
    this.#options.unconfirmed?.().arrived()
    this.#saidBlocks = blocksText
    if (assertionKeys !== undefined) {
      this.#saidKeys = { text: JSON.stringify(assertionKeys), at: performance.now() }
    }
    this.#dropped -= dropped
    return true
  }

  /** Undefined where they are as they were said a moment ago. */
  #keysToSay(): Report['assertionKeys'] {
    const keys = this.#options
      .assertionKeys?.()
      .slice(0, maxReportedAssertionKeys)
      .map(({ x, y }) => ({ x, y }))
    const said = this.#saidKeys
    const isSaid = said !== undefined && performance.now() - said.at < repeatKeysMs
    return isSaid && said.text === JSON.stringify(keys) ? undefined : keys
  }

  // What is not understood would not be understood tomorrow either. Records tell what strangers sent, and
  // are the first to go: what was done about a change is told all the same, in a report of its own.
  #giveUp({ applied, decisions, handshakes, used = [] }: Report): void {
    const records = decisions.length + handshakes.length
    this.#decisions.forget()
    this.#handshakes.forget()
    this.#used.forget()
    this.#shadow.forget()
    this.#breakGlass.forget()
    this.#dropped += records
    if (records + used.length === 0) this.#applied.forget()
    else if (applied.length > 0) this.#isWanted = true
  }
}
