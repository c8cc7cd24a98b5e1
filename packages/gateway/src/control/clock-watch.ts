import type { Log } from '../log/log.ts'

/** From here on certificates of phones with a right clock look expired, or not yet valid. */
const toleranceMs = 60_000

/** Says when this machine's clock, which dates of certificates are held against, is not the authority's. */
export class ClockWatch {
  readonly #log: Log
  #isOff = false

  constructor(log: Log) {
    this.#log = log
  }

  /** @param authorityAt the authority's clock, milliseconds, as of now */
  compare(authorityAt: number): void {
    const offsetMs = Date.now() - authorityAt
    const isOff = Math.abs(offsetMs) > toleranceMs
    if (isOff === this.#isOff) return
    this.#isOff = isOff
    const said = isOff ? "the clock differs from the authority's" : 'the clock is right again'
    this.#log[isOff ? 'error' : 'info']({ offsetSeconds: Math.round(offsetMs / 1000) }, said)
  }
}
