/** An attestation that is verified again and again, and the signature verifications that are in it. */
export type Subject = {
  readonly name: string
  /** What a person may want to know of it: its root, its certificates. */
  readonly about: string
  /** How many signatures `verifySignatures` verifies. */
  readonly signatures: number
  /** The whole verification; whether it accepts. */
  verify(): boolean
  /** The signatures alone, by keys that were read before; whether all are good. */
  verifySignatures(): boolean
  /** How many times the bare signatures a verification may cost. Undefined: told for information. */
  readonly limit?: number
}
