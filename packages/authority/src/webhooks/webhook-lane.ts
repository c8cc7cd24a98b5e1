import { randomUUID } from 'node:crypto'
import type { AuditRow } from '../audit/audit-log.ts'
import { readAudit } from '../audit/read-audit.ts'
import type { Authority } from '../authority.ts'
import { runLeased } from '../work/leases.ts'
import { backoffMs, giveUpAfterMs } from './backoff.ts'
import { sendMessage } from './send-message.ts'
import { type Failed, sendPast, type WaitingEvent } from './send-past.ts'
import type { Message } from './standard-webhooks.ts'
import { appOf, eventOf, tellsOfSkipping, testEvent } from './webhook-event.ts'
import { disableWebhook } from './webhook-orders.ts'
import {
  type ChainProgress,
  isDue,
  noteDelivered,
  noteFailure,
  noteSkipped,
  readProgress,
  readWebhook,
  type SkippedEvent,
  writeCursor,
} from './webhook-state.ts'
import type { WebhookTarget } from './webhook-target.ts'

/** Rows that are looked at together. Sent events of one batch may overtake each other, and no others. */
const batchRows = 64
/** How many are sent at once, where all goes well. */
const maxAtOnce = 8
/** Without a word of a commit it is looked this often. */
const pollMs = 1_000
/** Commits that come together are looked at once. */
const gatherMs = 100
/** After what is no failure of the receiver. */
const troubleMs = 10_000
/** Who dies in the middle is followed by another authority after so long. */
const leaseMs = 15_000
/** Rows that nobody is sent are passed without a write, so many of them or for so long. */
const unwritten = { rows: 1_000, ms: 30_000 }
/** After so many failures, some hours, it is looked whether the receiver takes something else: one stops no others. */
const patience = 8

type Batch = { progress: ChainProgress; rows: AuditRow[]; generation: number; failures: number }

/**
 * Sends one receiver what happens, in a lane of its own: however slow it is, no other waits. Of several
 * authorities one does it. How far it came is a row for each chain; whoever takes over in the middle sends at
 * most one batch again.
 */
export class WebhookLane {
  readonly #authority: Authority
  readonly #target: WebhookTarget
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  /** After a failure one is tried alone, then more and more. */
  #atOnce = 1
  /** What holds for one generation of the row: rows passed beyond the cursors, and events delivered beyond. */
  #generation = -1
  readonly #passed = new Map<string, number>()
  readonly #delivered = new Set<string>()
  /** Events that are passed over, by hash: why, until that is written. */
  readonly #refused = new Map<string, string>()
  #writtenAt = performance.now()
  /** Whether the next turn waits for nothing but its time; and whether something was committed since. */
  #isIdle = false
  #wakeAgain = false

  constructor(authority: Authority, target: WebhookTarget) {
    this.#authority = authority
    this.#target = target
  }

  start(): void {
    this.#schedule(0)
  }

  /** Something was committed. */
  wake(): void {
    this.#wakeAgain = true
    if (this.#isIdle) this.#schedule(gatherMs)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    await this.#running
  }

  #schedule(waitMs: number): void {
    if (this.#closing.signal.aborted) return
    clearTimeout(this.#timer)
    this.#isIdle = waitMs !== gatherMs
    this.#timer = setTimeout(() => {
      this.#isIdle = false
      this.#wakeAgain = false
      this.#running = this.#turn()
    }, waitMs)
  }

  async #turn(): Promise<void> {
    const { log } = this.#authority
    const { name } = this.#target
    let waitMs = pollMs
    try {
      if (await this.#hasWork()) {
        await runLeased(
          this.#authority,
          `webhook:${name}`,
          (lost) => this.#deliverAll(AbortSignal.any([lost, this.#closing.signal])),
          leaseMs,
        )
      }
      if (this.#wakeAgain) waitMs = gatherMs
    } catch (error) {
      waitMs = troubleMs
      log.error({ err: error, webhook: name }, 'a webhook cannot be looked after')
    }
    this.#schedule(waitMs)
  }

  /** Most of the time there is nothing to do: that is found out without a lease. */
  async #hasWork(): Promise<boolean> {
    const { store, now } = this.#authority
    const progress = await readProgress(store.read, this.#target.name)
    if (!progress.some((one) => this.#position(one) < one.head)) return false
    return isDue(await readWebhook(store.read, this.#target.name), now())
  }

  #position({ chain, seq }: ChainProgress): number {
    return Math.max(seq, this.#passed.get(chain) ?? 0)
  }

  async #deliverAll(signal: AbortSignal): Promise<void> {
    for (;;) {
      const batch = await this.#nextBatch()
      if (batch === undefined || signal.aborted) return
      const failed = await this.#send(batch, signal)
      if (signal.aborted) return this.#record(batch, undefined)
      await this.#record(batch, failed)
    }
  }

  /** Undefined where nothing is to be sent now. */
  async #nextBatch(): Promise<Batch | undefined> {
    const { store, now } = this.#authority
    const row = await readWebhook(store.read, this.#target.name)
    if (row === undefined || !isDue(row, now())) return undefined
    const { generation, failures } = row
    if (generation !== this.#generation) this.#begin(generation)
    for (const progress of await readProgress(store.read, this.#target.name)) {
      const after = this.#position(progress)
      if (after >= progress.head) continue
      const rows = await readAudit(store.read, after, batchRows, progress.chain)
      if (rows.length > 0) return { progress, rows, generation, failures }
    }
    return undefined
  }

  #begin(generation: number): void {
    this.#generation = generation
    this.#passed.clear()
    this.#delivered.clear()
    this.#refused.clear()
    this.#atOnce = 1
  }

  #wants(row: AuditRow): boolean {
    return this.#target.wants({ action: row.action, appId: appOf(row) })
  }

  /** @returns the first failure, after which nothing more is begun */
  async #send(
    { progress, rows, failures }: Batch,
    signal: AbortSignal,
  ): Promise<Failed | undefined> {
    let previous = progress.sent
    const events = rows
      .filter((row) => this.#wants(row))
      .map((row) => {
        const event = { key: row.hash, message: eventOf(row, previous) }
        previous = row.seq
        return event
      })
    const open = events.filter(({ key }) => !this.#delivered.has(key))
    if (failures >= patience) return this.#sendPast(open, signal)
    const waiting = open.values()
    let failed: Failed | undefined
    const one = async () => {
      for (const { key, message } of waiting) {
        const attempt = await this.#attempt(message, signal)
        if (signal.aborted && attempt.outcome !== 'delivered') return
        if (attempt.outcome === 'delivered') this.#delivered.add(key)
        else failed ??= attempt
        if (failed !== undefined) return
      }
    }
    await Promise.all(Array.from({ length: this.#atOnce }, one))
    return failed
  }

  async #sendPast(open: readonly WaitingEvent[], signal: AbortSignal): Promise<Failed | undefined> {
    const { config, now } = this.#authority
    const test = () => testEvent(randomUUID(), { chain: config.authority.name, now: now() })
    const attempt = (message: Message) => this.#attempt(message, signal)
    const { over, refused, failed } = await sendPast(open, attempt, test)
    for (const key of over) this.#delivered.add(key)
    // An attempt that we ended ourselves says nothing of the receiver.
    if (refused !== undefined && signal.aborted) this.#delivered.delete(refused.key)
    else if (refused !== undefined) this.#refused.set(refused.key, refused.why)
    return failed
  }

  async #attempt(message: Message, signal: AbortSignal) {
    const { now, metrics } = this.#authority
    const startedAt = performance.now()
    const attempt = await sendMessage(this.#target, message, { now: now(), signal })
    const help = 'Attempts to send events to webhooks, by webhook and by what came of them'
    const labels = { webhook: this.#target.name, outcome: attempt.outcome }
    metrics.count('sallyport_authority_webhook_attempts_total', help, labels)
    const took = 'Time that attempts to send events to webhooks took'
    const seconds = (performance.now() - startedAt) / 1_000
    metrics.observe('sallyport_authority_webhook_attempt_seconds', took, seconds)
    return attempt
  }

  /** Moves the cursor over all up to the first that was not delivered, and notes how it went. */
  async #record(batch: Batch, failed: Failed | undefined): Promise<void> {
    const { progress, rows, generation } = batch
    const { chain } = progress
    const end = rows.findIndex((row) => this.#wants(row) && !this.#delivered.has(row.hash))
    const over = end < 0 ? rows : rows.slice(0, end)
    const sent = over.findLast((row) => this.#wants(row))?.seq
    const seq = over.at(-1)?.seq ?? this.#position(progress)
    const isQuiet = sent === undefined && failed === undefined
    const isShort =
      seq - progress.seq < unwritten.rows && performance.now() - this.#writtenAt < unwritten.ms
    if (!isQuiet || !isShort) {
      const moved = { webhook: this.#target.name, chain, seq, sent: sent ?? progress.sent }
      const refused = over.flatMap((row) => {
        const why = this.#refused.get(row.hash)
        return why === undefined
          ? []
          : [{ chain, seq: row.seq, why, isOwn: tellsOfSkipping(row, this.#target.name) }]
      })
      await this.#write(generation, { moved, isDelivered: sent !== undefined, failed, refused })
      this.#writtenAt = performance.now()
      for (const { hash } of over) {
        this.#delivered.delete(hash)
        this.#refused.delete(hash)
      }
    }
    this.#passed.set(chain, seq)
    this.#atOnce = failed === undefined ? Math.min(maxAtOnce, this.#atOnce * 2) : 1
  }

  /** Unless an operator said something meanwhile. */
  async #write(
    generation: number,
    {
      moved,
      isDelivered,
      failed,
      refused,
    }: {
      moved: Parameters<typeof writeCursor>[1]
      isDelivered: boolean
      failed: Failed | undefined
      refused: readonly (SkippedEvent & { readonly isOwn: boolean })[]
    },
  ): Promise<void> {
    const { store } = this.#authority
    const now = this.#authority.now()
    const { name } = this.#target
    const ended = await store.write(async (tx) => {
      const row = await readWebhook(tx, name)
      if (row === undefined || row.generation !== generation) return undefined
      const progress = await readProgress(tx, name)
      // Another authority took over, and is further.
      if (progress.some(({ chain, seq }) => chain === moved.chain && seq > moved.seq))
        return undefined
      await writeCursor(tx, moved)
      for (const event of refused) if (!event.isOwn) await noteSkipped(tx, { name, event, now })
      if (isDelivered) await noteDelivered(tx, name, now)
      if (failed === undefined) return undefined
      const failures = (isDelivered ? 0 : row.failures) + 1
      const since = (isDelivered ? null : row.failing_since) ?? now
      const waitMs = backoffMs(failures, failed.retryAfterMs, Math.random())
      const failure = { why: failed.why, failures, since, nextAttemptAt: now + waitMs }
      await noteFailure(tx, name, failure)
      const reason = whyGivenUp(failed, now - since)
      if (reason === undefined) return undefined
      await disableWebhook(tx, { name, reason, actor: 'authority', now })
      return reason
    })
    const { log } = this.#authority
    for (const { chain, seq, why } of refused) {
      log.error({ webhook: name, chain, seq, why }, 'A WEBHOOK PASSED AN EVENT OVER')
    }
    if (failed !== undefined) {
      log.warn({ webhook: name, status: failed.status, why: failed.why }, 'a webhook failed')
    }
    if (ended !== undefined) log.error({ webhook: name, reason: ended }, 'A WEBHOOK IS DISABLED')
  }
}

function whyGivenUp({ outcome, why }: Failed, failingMs: number): string | undefined {
  if (outcome === 'gone') return 'the receiver wants no more: HTTP status 410'
  const days = Math.round(giveUpAfterMs / 86_400_000)
  return failingMs >= giveUpAfterMs ? `for ${days} days every attempt failed: ${why}` : undefined
}
