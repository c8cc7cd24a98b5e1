/**
 * Bytes that are not the DER that was expected. Not a refusal by itself: whoever reads a certificate,
 * a request or an attestation turns it into the reason of that thing.
 */
export class DerError extends Error {
  /** Where, in bytes from the beginning of what was read. */
  readonly offset: number

  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`)
    this.name = 'DerError'
    this.offset = offset
  }
}
