import type { Location } from './finding.ts'

/** Who enforces the pins, and so what its subdomains mean and what its faults come to. */
export type PinSource = 'android-nsc' | 'ios-ats' | 'trustkit' | 'okhttp'

/** Pins of one host, as they stand in the package: nothing of them is checked yet. */
export type PinSet = {
  readonly source: PinSource
  /** Lower case. */
  readonly host: string
  readonly includesSubdomains: boolean
  /** Which certificate of a chain must match. Undefined: any of them. */
  readonly role?: 'ca' | 'leaf'
  /** Each should be the base64 of a SHA-256 of a public key (SPKI). */
  readonly pins: readonly string[]
  /** As it is written, `yyyy-MM-dd`. */
  readonly expiresAt?: string
  /** False: mismatches are only told of. */
  readonly isEnforced: boolean
  readonly location: Location
}
