import { createHmac, randomBytes } from 'node:crypto'
import { isProblem, Problem, reasonOf } from '@sallyport/problem'
import { networkOf } from './network-of.ts'
import type { PolicyGate } from './policy-gate.ts'

const periodMs = 3_600_000
const rowCount = 3
const cellsPerRow = 65_536

export type FailedAttemptsOptions = {
  /** Monotonic milliseconds. */
  clock?: () => number
}

/**
 * How often enrolments from each address, or renewals of each device, were refused within the last
 * hour, for one app at a time.
 *
 * The counts lie in a fixed number of cells (a count-min sketch: three cells an address, of which the
 * lowest speaks), so that there is no entry that a flood of other addresses could push out, and no
 * table that it could fill. Which cells are whose, a key of this process decides. An address is never
 * counted too low; to be counted too high it must share all three cells with addresses that failed
 * often. The id of a device is counted as it stands.
 */
export class FailedAttempts {
  readonly #key = randomBytes(32)
  readonly #clock: () => number
  #begunAt: number
  #current = new Uint32Array(rowCount * cellsPerRow)
  #previous = new Uint32Array(rowCount * cellsPerRow)

  constructor({ clock }: FailedAttemptsOptions = {}) {
    this.#clock = clock ?? (() => performance.now())
    this.#begunAt = this.#clock()
  }

  /** Notes why an attempt failed, where that was the caller's doing: trying again would not help. */
  noteRefusal(error: unknown, appId: string, source: string): void {
    if (!isProblem(error) || reasonOf(error.code).retryable) return
    // The ids of apps that there are not would be names without end.
    if (error.code !== 'app_unknown') this.note(appId, source)
  }

  /** Notes that an attempt of an address, or of a device, was refused. */
  note(appId: string, source: string): void {
    this.#turn()
    for (const cell of this.#cellsOf(appId, source)) {
      this.#current[cell] = (this.#current[cell] ?? 0) + 1
    }
  }

  /** Refusals within an hour; of the hour before, as much as is not over yet. */
  recent(appId: string, source: string): number {
    const left = 1 - this.#turn() / periodMs
    const counts = this.#cellsOf(appId, source).map(
      (cell) => (this.#current[cell] ?? 0) + (this.#previous[cell] ?? 0) * left,
    )
    return Math.min(...counts)
  }

  /**
   * Refuses an enrolment from an address of which too many were refused.
   *
   * @throws Problem `enrollment_failures_too_often`
   */
  refuseTooMany(from: { appId: string; address: string; most: number }, gate: PolicyGate): void {
    const recent = this.recent(from.appId, from.address)
    if (recent < from.most) return
    gate.refuse(
      'failuresPerAddressPerHour',
      new Problem('enrollment_failures_too_often', {
        expected: `fewer than ${from.most} within an hour`,
        found: `${Math.floor(recent)} of ${networkOf(from.address)}`,
        retryAfterSeconds: Math.ceil((periodMs - this.#turn()) / 1_000),
      }),
    )
  }

  /** Begins a new hour where one is over. @returns how old the current one is, milliseconds */
  #turn(): number {
    const age = this.#clock() - this.#begunAt
    if (age < periodMs) return age
    const isNext = age < 2 * periodMs
    const free = this.#previous.fill(0)
    this.#previous = isNext ? this.#current : this.#current.fill(0)
    this.#current = free
    this.#begunAt += Math.floor(age / periodMs) * periodMs
    return age % periodMs
  }

  #cellsOf(appId: string, source: string): number[] {
    const hash = createHmac('sha256', this.#key)
      .update(`${appId}\0${networkOf(source)}`)
      .digest()
    return Array.from(
      { length: rowCount },
      (_row, row) => row * cellsPerRow + hash.readUInt16BE(row * 2),
    )
  }
}
