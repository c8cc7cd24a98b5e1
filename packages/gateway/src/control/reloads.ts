import { Problem } from '@sallyport/problem'
import type { GatewayConfig } from '../configuration/gateway-config.ts'
import type { Log } from '../log/log.ts'
import { FileWatch } from './file-watch.ts'

export type ReloadOptions = {
  readonly log: Log
  /** Reads the configuration anew. Without it there is no reload. */
  readonly read: (() => Promise<GatewayConfig>) | undefined
  /**
   * Puts a configuration in force, whole or not at all, and tells the settings that the next start alone takes.
   * Rejects with a Problem where it cannot.
   */
  readonly take: (config: GatewayConfig) => Promise<readonly string[]>
  /** Every file of the configuration in force, absolute. */
  readonly files: () => readonly string[]
}

export type ReloadCounts = {
  readonly done: number
  readonly failed: number
  readonly lastFailed: boolean
}

/** Takes the configuration anew when somebody asks for it or one of its files has changed; one at a time. */
export class Reloads {
  readonly #options: ReloadOptions
  readonly #watch: FileWatch
  #last: Promise<unknown> = Promise.resolve()
  #counts: ReloadCounts = { done: 0, failed: 0, lastFailed: false }
  #isClosed = false

  constructor(options: ReloadOptions) {
    const { log } = options
    this.#options = options
    this.#watch = new FileWatch(log, () => {
      log.info({}, 'a file of the configuration has changed')
      // What went wrong is said there.
      this.run().catch(() => {})
    })
  }

  get counts(): ReloadCounts {
    return this.#counts
  }

  /** Watches the files of the configuration from now on. */
  start(): void {
    this.#watch.set(this.#options.files())
  }

  /**
   * The settings that differ from those in force and take effect at the next start alone.
   *
   * @throws Problem why the configuration was not taken; the old one is in force then
   */
  run(): Promise<readonly string[]> {
    const running = this.#last.then(() => this.#run())
    this.#last = running.catch(() => {})
    return running
  }

  close(): void {
    this.#isClosed = true
    this.#watch.close()
  }

  async #run(): Promise<readonly string[]> {
    const { log, read, take, files } = this.#options
    if (read === undefined || this.#isClosed) return []
    const { done, failed } = this.#counts
    // Not after it: what changes from here on may not have been read.
    this.#watch.passOver()
    try {
      const settings = await take(await read())
      this.#counts = { done: done + 1, failed, lastFailed: false }
      if (settings.length > 0) {
        log.warn({ settings }, 'these settings take effect at the next start of the gateway')
      }
      return settings
    } catch (error) {
      this.#counts = { done, failed: failed + 1, lastFailed: true }
      this.#tellRefused(error)
      throw error
    } finally {
      // Also the files of a configuration that was refused: the next swap of one may mend it.
      this.#watch.set(files())
    }
  }

  #tellRefused(error: unknown): void {
    const said = error instanceof Error ? error.message : String(error)
    const facts = error instanceof Problem ? { expected: error.expected, found: error.found } : {}
    this.#options.log.error(
      { error: said, ...facts },
      'the configuration was refused, and the old one goes on',
    )
  }
}
