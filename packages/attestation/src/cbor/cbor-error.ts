/** `depth`: it nests deeper than allowed. `malformed`: everything else. */
export type CborFault = 'malformed' | 'depth'

/**
 * Bytes that are not the CBOR that was expected. Not a refusal by itself: whoever reads evidence turns
 * it into the reason of that thing.
 */
export class CborError extends Error {
  readonly fault: CborFault
  /** Where, in bytes from the beginning of what was read. */
  readonly offset: number

  constructor(message: string, offset: number, fault: CborFault = 'malformed') {
    super(`${message} at byte ${offset}`)
    this.name = 'CborError'
    this.fault = fault
    this.offset = offset
  }
}
