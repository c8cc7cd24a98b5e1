import type { Log } from '../log/log.ts'
import { parseSnapshot } from './feed-messages.ts'
import type { KeptSnapshot, KnownStatus } from './known-status.ts'
import { snapshotFile, type SnapshotFile } from './snapshot-file.ts'

const firstWriteMs = 200
/** Writing takes at most a tenth of the time. */
const restFactor = 10
const touchMs = 10_000

/** Keeps what is known of status on disk, and takes it up again at the start. */
export class StatusKeeper {
  readonly #file: SnapshotFile
  readonly #known: KnownStatus
  readonly #log: Log
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> = Promise.resolve()
  #heardAt = 0
  #touchedAt = 0
  #lastTookMs = 0
  #isChanged = false
  #hasFile = false

  constructor(directory: string, known: KnownStatus, log: Log) {
    this.#file = snapshotFile(directory)
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
      const body = parseSnapshot(kept.body)
      const { notUnderstood = [] } = kept.body as Partial<KeptSnapshot>
      this.#known.replace({ ...body, notUnderstood })
    } catch (error) {
      this.#log.error(
        { error: String(error) },
        'the snapshot on disk cannot be read, and is not used',
      )
      return undefined
    }
    this.#hasFile = true
    const age = Math.max(0, (now - kept.heardAt) / 1000)
    this.#known.control.setHeard(age)
    return age
  }

  changed(): void {
    this.#isChanged = true
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined
        this.#write()
      },
      Math.max(firstWriteMs, this.#lastTookMs * restFactor),
    )
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
  }

  #write(): void {
    this.#isChanged = false
    const now = this.#heardAt === 0 ? Date.now() : this.#heardAt
    this.#touchedAt = now
    const snapshot = this.#known.snapshot(now)
    void this.#do(async () => {
      const startedAt = performance.now()
      await this.#file.write(snapshot, now)
      this.#lastTookMs = performance.now() - startedAt
      this.#hasFile = true
    })
  }

  // A full disk costs the snapshot of a later start, not this gateway.
  #do(work: () => Promise<void>): Promise<void> {
    this.#working = this.#working.then(work).catch((error: unknown) => {
      this.#log.error({ error: String(error) }, 'the snapshot cannot be written')
    })
    return this.#working
  }
}
