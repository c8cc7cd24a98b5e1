import type { Change } from '@sallyport/wire'
import type { PackedStatus } from '@sallyport/wire/status'
import type { Log } from '../log/log.ts'
import type { KnownStatus } from './known-status.ts'
import { snapshotFile, type SnapshotFile } from './snapshot-file.ts'
import { type JournalEntry, StatusJournal } from './status-journal.ts'

const firstWriteMs = 200
/** Writing takes at most a tenth of the time. */
const restFactor = 10
const touchMs = 10_000
const againMs = 5_000

/**
 * Keeps what is known of status on disk, and takes it up again at the start: a snapshot now and then, and
 * between two of them every change in a journal, before it is reported as applied.
 */
export class StatusKeeper {
  readonly #file: SnapshotFile
  readonly #journal: StatusJournal
  readonly #known: KnownStatus
  readonly #log: Log
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> = Promise.resolve()
  #heardAt = 0
  #touchedAt = 0
  #lastTookMs = 0
  #isChanged = false
  #hasFile = false
  /** Whether the snapshot on disk is one that changes from now on follow. */
  #isBaseKept = false

  constructor(directory: string, known: KnownStatus, log: Log) {
    this.#file = snapshotFile(directory)
    this.#journal = new StatusJournal(directory)
    this.#known = known
    this.#log = log
  }

  /** @returns how old what was found is, in seconds; undefined where nothing could be taken up */
  async takeUp(now: number): Promise<number | undefined> {
    const kept = await this.#file.read()
    if (kept === undefined) return undefined
    if (kept instanceof Error) {
      this.#log.error(
        { error: kept.message },
        'the snapshot on disk cannot be believed, and is not used',
      )
      return undefined
    }
    try {
      const { status } = kept
      // The journal first: a snapshot without what follows it knows less than was reported.
      const entries = await this.#journal.read()
      const changes = changesBehind(status, entries)
      this.#known.replace(status, now)
      for (const change of changes) this.#known.apply(change)
      if (entries.length > 0) this.#changed()
    } catch (error) {
      this.#log.error(
        { error: String(error) },
        'the snapshot on disk cannot be read, and is not used',
      )
      return undefined
    }
    this.#hasFile = true
    this.#isBaseKept = true
    // A time that is still to come: one of the two clocks was wrong, by at least as much.
    const age = Math.abs(now - kept.heardAt) / 1000
    this.#known.control.setHeard(age)
    return age
  }

  /** Everything that is known was replaced. What follows can be kept when this is on disk. */
  replaced(): void {
    this.#isBaseKept = false
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#write()
  }

  /**
   * Resolves when a crash would not make the gateway forget these changes: they are on disk, or else
   * nothing is that they would be missing from.
   *
   * @param changes the last ones that are known
   */
  async keep(changes: readonly Change[]): Promise<void> {
    const { epoch } = this.#known
    this.#changed()
    // What they follow must be there first.
    if (!this.#isBaseKept) await this.#working
    try {
      if (this.#isBaseKept) await this.#journal.append(epoch, changes)
      else await this.#removeAll()
    } catch (error) {
      this.#log.error({ error: String(error) }, 'changes cannot be written down')
      await this.#removeAll()
    }
  }

  heard(now: number): void {
    this.#heardAt = now
    if (this.#isChanged || !this.#hasFile || now - this.#touchedAt < touchMs) return
    this.#touchedAt = now
    void this.#do(() => this.#file.touch(now))
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#isChanged) this.#write()
    else if (this.#hasFile && this.#heardAt > 0)
      void this.#do(() => this.#file.touch(this.#heardAt))
    await this.#working
    await this.#journal.close()
    clearTimeout(this.#timer)
  }

  #changed(waitMs = Math.max(firstWriteMs, this.#lastTookMs * restFactor)): void {
    this.#isChanged = true
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#write()
    }, waitMs)
  }

  #write(): void {
    this.#isChanged = false
    const now = this.#heardAt === 0 ? Date.now() : this.#heardAt
    this.#touchedAt = now
    const status = this.#known.packed(now)
    void this.#do(async () => {
      const startedAt = performance.now()
      await this.#file.write(status, now)
      this.#lastTookMs = performance.now() - startedAt
      this.#hasFile = true
      this.#isBaseKept = status.epoch === this.#known.epoch
      await this.#journal.forget(status.epoch, status.seq)
    })
  }

  // A start that knows nothing waits for the authority; one that knows only what was true before would
  // let in whom this gateway has reported as shut out.
  async #removeAll(): Promise<void> {
    await this.#do(async () => {
      this.#isBaseKept = false
      this.#hasFile = false
      await this.#file.remove()
      await this.#journal.remove()
    })
  }

  // A full disk costs the snapshot of a later start, not this gateway.
  #do(work: () => Promise<void>): Promise<void> {
    this.#working = this.#working.then(work).catch((error: unknown) => {
      this.#log.error({ error: String(error) }, 'the snapshot cannot be written')
      this.#changed(againMs)
    })
    return this.#working
  }
}

/**
 * The changes of a journal that follow a snapshot.
 *
 * @throws RangeError where one is missing between them
 */
function changesBehind(status: PackedStatus, entries: readonly JournalEntry[]): Change[] {
  const changes: Change[] = []
  for (const { epoch, change } of entries) {
    if (epoch !== status.epoch || change.seq <= status.seq) continue
    const next = (changes.at(-1)?.seq ?? status.seq) + 1
    if (change.seq > next) throw new RangeError(`change ${next} is missing in the journal`)
    if (change.seq === next) changes.push(change)
  }
  return changes
}
