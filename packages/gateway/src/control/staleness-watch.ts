import type { Log } from '../log/log.ts'
import { type StaleLevel, staleLevel, type StaleLimits } from '../status/staleness.ts'
import type { StatusControl } from '../status/status-control.ts'

const checkMs = 1_000

const urgencies: Readonly<Record<StaleLevel, 'info' | 'warn' | 'error'>> = {
  fresh: 'info',
  warn: 'warn',
  sensitive: 'error',
  stop: 'error',
  unavailable: 'error',
}

/** Says in the log how far the gateway's knowledge has aged, whenever that has changed. */
export class StalenessWatch {
  readonly #control: StatusControl
  readonly #limits: () => StaleLimits
  readonly #log: Log
  #told: StaleLevel | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param limits those of the configuration in force */
  constructor(control: StatusControl, limits: () => StaleLimits, log: Log) {
    this.#control = control
    this.#limits = limits
    this.#log = log
  }

  get level(): StaleLevel {
    return staleLevel(this.#control, this.#limits())
  }

  /** Seconds since the authority was heard; undefined where it never was. */
  get ageSeconds(): number | undefined {
    return this.#control.hasSnapshot() ? this.#control.heardSecondsAgo() : undefined
  }

  /** Why nothing can be decided now; undefined where it can. */
  unready(): string | undefined {
    const { level } = this
    if (level === 'unavailable') return 'there is no verified snapshot of device status yet'
    return level === 'stop' ? 'the authority has not been heard for too long' : undefined
  }

  start(): void {
    this.#timer = setInterval(() => this.tell(), checkMs)
  }

  tell(): void {
    const { level, ageSeconds } = this
    if (level === this.#told) return
    this.#told = level
    this.#log[urgencies[level]](
      { staleness: level, ageSeconds },
      `the status of devices is ${level}`,
    )
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
