import { mkdirSync } from 'node:fs'
import { replaceFile } from '@sallyport/pki'
import type { BreakGlassEvent } from '@sallyport/wire'
import { breakGlassStatusFile, readBreakGlassFile } from '../break-glass/break-glass-file.ts'
import type { OpenGlass } from '../break-glass/open-glass.ts'
import type { Log } from '../log/log.ts'

const lookEveryMs = 500

export type BreakGlassOptions = {
  readonly stateDirectory: string
  readonly log: Log
  /** Has every worker take these over; resolves when all have. */
  readonly handOut: (open: readonly OpenGlass[]) => Promise<void>
  readonly onEvent: (event: BreakGlassEvent) => void
  /** Milliseconds of the wall clock. */
  readonly now: () => number
}

type Held = {
  readonly entry: OpenGlass
  /** Of the monotonic clock: a wall clock that is set back makes nothing last longer. */
  readonly endsAt: number
}

/**
 * Reads what somebody on this host wrote into the state directory, hands it to the workers, ends it when
 * its time is over, and tells of both: in the log, to the authority, in the metrics.
 */
export class BreakGlass {
  readonly #options: BreakGlassOptions
  readonly #held = new Map<string, Held>()
  /** What ended and may still stand in the file: it does not begin again, whatever the clock says. */
  #over = new Set<string>()
  #fault: string | undefined
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(options: BreakGlassOptions) {
    this.#options = options
  }

  get open(): OpenGlass[] {
    return [...this.#held.values()].map(({ entry }) => entry)
  }

  /** What is open already is read before the first worker starts. */
  start(): void {
    this.#makeDirectory()
    if (this.#take()) this.#looking = this.#tellStatus(this.open)
    this.#timer = setInterval(() => {
      // What goes wrong is said there.
      this.#looking = this.#looking.then(() => this.#look())
    }, lookEveryMs)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  // Somebody may break the glass before anything else is kept there; made by them, it would not be the gateway's own.
  #makeDirectory(): void {
    const { stateDirectory, log } = this.#options
    try {
      mkdirSync(stateDirectory, { recursive: true, mode: 0o700 })
    } catch (error) {
      log.warn({ error: String(error) }, 'the state directory cannot be made')
    }
  }

  async #look(): Promise<void> {
    if (!this.#take()) return
    const { open } = this
    await this.#options.handOut(open)
    await this.#tellStatus(open)
  }

  /** @returns whether anything has changed */
  #take(): boolean {
    const written = this.#read()
    if (written === undefined) return this.#endOver()
    const now = this.#options.now()
    const wanted = new Map(
      written.filter(({ until }) => until > now).map((entry) => [entry.id, entry]),
    )
    let isChanged = this.#endOver()
    for (const [id, { entry }] of this.#held) {
      if (wanted.has(id)) continue
      this.#end(entry, 'somebody ended it')
      isChanged = true
    }
    for (const entry of wanted.values()) {
      if (this.#held.has(entry.id)) continue
      const lastsMs = Math.min(entry.until - now, entry.until - entry.at)
      this.#begin(entry, performance.now() + lastsMs)
      isChanged = true
    }
    return isChanged
  }

  #endOver(): boolean {
    const now = this.#options.now()
    let isChanged = false
    for (const { entry, endsAt } of this.#held.values()) {
      if (entry.until > now && endsAt > performance.now()) continue
      this.#end(entry, 'its time is over')
      isChanged = true
    }
    return isChanged
  }

  #read(): OpenGlass[] | undefined {
    try {
      const entries = readBreakGlassFile(this.#options.stateDirectory)
      this.#fault = undefined
      this.#over = new Set(entries.map(({ id }) => id).filter((id) => this.#over.has(id)))
      return entries.filter(({ id }) => !this.#over.has(id))
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error)
      if (fault !== this.#fault) {
        this.#options.log.error({ error: fault }, 'break-glass.json is not believed')
      }
      this.#fault = fault
      return undefined
    }
  }

  #begin(entry: OpenGlass, endsAt: number): void {
    this.#held.set(entry.id, { entry, endsAt })
    this.#options.log.error(facts(entry), 'glass was broken: a stage is laxer than configured')
    this.#options.onEvent({ ...entry, event: 'began' })
  }

  #end(entry: OpenGlass, why: string): void {
    this.#held.delete(entry.id)
    this.#over.add(entry.id)
    this.#options.log.warn({ ...facts(entry), why }, 'broken glass is whole again')
    this.#options.onEvent({ ...entry, event: 'ended' })
  }

  async #tellStatus(open: readonly OpenGlass[]): Promise<void> {
    const file = breakGlassStatusFile(this.#options.stateDirectory)
    try {
      await replaceFile(file, `${JSON.stringify({ open: open.map(({ id }) => id) })}\n`)
    } catch (error) {
      this.#options.log.warn({ error: String(error) }, 'who broke the glass cannot be told')
    }
  }
}

function facts({ id, route, stage, mode, until, reason, by }: OpenGlass): Record<string, unknown> {
  return { id, route, stage, mode, until: new Date(until).toISOString(), reason, by }
}
