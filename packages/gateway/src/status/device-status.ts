import type { ReasonCode } from '@sallyport/problem'
import type { StatusKeys } from '../trust/presented-leaf.ts'
import { type StaleLevel, type StaleLimits, staleLevel } from './staleness.ts'
import { issuedStatus, type RefusingStatus, refusingStatus, statusKey } from './status-code.ts'
import type { StatusControl } from './status-control.ts'
import { readStatusTable, type StatusReader } from './status-table.ts'
import { endedToken, type TokenKeys } from './token-status.ts'

/** Both numbers in one: 2³¹ changes between two restarts are out of reach. */
const maxInstalls = 1024

/** A worker's view of the status of devices, certificates, issuers and tokens. */
export class DeviceStatus {
  /** As of the last `refresh`, which the worker calls four times a second. */
  level: StaleLevel = 'unavailable'
  #reader: StatusReader
  #limits: StaleLimits
  readonly #control: StatusControl
  #installs = 0

  constructor(control: StatusControl, table: SharedArrayBuffer, limits: StaleLimits) {
    this.#control = control
    this.#reader = readStatusTable(table)
    this.#limits = limits
    this.refresh()
  }

  refresh(): void {
    this.level = staleLevel(this.#control, this.#limits)
  }

  setLimits(limits: StaleLimits): void {
    this.#limits = limits
    this.refresh()
  }

  /** Takes another table in place of the one so far. */
  install(table: SharedArrayBuffer): void {
    this.#reader = readStatusTable(table)
    this.#installs++
    this.refresh()
  }

  /** To be read before `refusing`: what was looked up then holds until this number is another. */
  version(): number {
    return this.#control.version() * maxInstalls + (this.#installs % maxInstalls)
  }

  /** Why what these keys name is refused. The device first: what is said of it is the most telling. */
  refusing(keys: StatusKeys): RefusingStatus | undefined {
    return (
      refusingStatus(this.#reader.lookUp(keys.device)) ??
      refusingStatus(this.#reader.lookUp(keys.certificate)) ??
      refusingStatus(this.#reader.lookUp(keys.issuer))
    )
  }

  /** Whether a certificate is known to have been issued. */
  isIssued(keys: StatusKeys): boolean {
    return this.#reader.lookUp(keys.certificate) === issuedStatus
  }

  /** The authority's clock when it said the last that is known here: milliseconds. */
  toldUntil(): number {
    return this.#control.toldUntil()
  }

  /** Whether a certificate was revoked, by its thumbprint. One that was superseded was not. */
  isRevoked(thumbprint: string): boolean {
    const status = refusingStatus(this.#reader.lookUp(statusKey('certificate', thumbprint)))
    return status !== undefined && status.status !== 'superseded'
  }

  /**
   * Why a token has ended: itself, its session, its user's tokens, or those of the device that presents
   * it. To be asked again when `version` is another.
   */
  endedToken(keys: TokenKeys, deviceId: string | undefined): ReasonCode | undefined {
    const device = deviceId === undefined ? undefined : statusKey('deviceTokens', deviceId)
    return endedToken(this.#reader.lookUp, keys, device)
  }
}
