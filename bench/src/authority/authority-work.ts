/** What an authority does again and again, and what of it is cryptography. */
export type AuthorityWork = {
  readonly name: string
  /** What a person may want to know of it. */
  readonly about: string
  /** How often it is done in a round. */
  readonly times: number
  /** Does it so often, at the authority that was started. */
  run(times: number): Promise<void>
  /** CPU of the cryptography that is in one, microseconds. */
  bare(): Promise<number>
  /** How many times as much as that it may cost. Undefined: it is told for information. */
  readonly limit?: number
}
