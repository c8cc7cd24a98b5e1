/** An attestation that is verified again and again. */
export type Subject = {
  readonly name: string
  /** What a person may want to know of it: its root, its certificates. */
  readonly about: string
  /** The whole verification; whether it accepts. */
  verify(): boolean
  /** The bare signature verifications that are in it. Undefined: it is told for information alone. */
  readonly bare?: BareSignatures
}

export type BareSignatures = {
  /** How many there are. */
  readonly count: number
  /** Verifies them by keys that were read before; whether all are good. */
  verify(): boolean
  /** How many times as much as these the whole may cost. */
  readonly limit: number
}
