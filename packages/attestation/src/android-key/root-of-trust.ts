import { booleanOf, type DerCursor, tags } from '@sallyport/pki'
import { octets, word } from './authorization-values.ts'
import { type VerifiedBootState, verifiedBootStates } from './key-mint-values.ts'

/** What the phone was booted with. */
export type RootOfTrust = {
  /** Usually the SHA-256 of the key that verified the boot image; empty or zero where none did. */
  readonly verifiedBootKey: Buffer
  /** Whether the bootloader is locked. */
  readonly deviceLocked: boolean
  readonly verifiedBootState: VerifiedBootState
  /** Digest of everything that was verified. Since attestation version 3. */
  readonly verifiedBootHash?: Buffer
}

/** RootOfTrust. A `deviceLocked` that is neither 00 nor FF is an error, as BOOLEAN of DER has it. */
export function rootOfTrust(at: DerCursor, what: string): RootOfTrust {
  const fields = at.enter(what)
  const verifiedBootKey = octets(fields, 'verifiedBootKey')
  const deviceLocked = booleanOf(fields.next(tags.boolean, 'deviceLocked'), 'deviceLocked')
  const verifiedBootState = word(fields, tags.enumerated, verifiedBootStates, 'verifiedBootState')
  const verifiedBootHash = fields.isDone ? undefined : octets(fields, 'verifiedBootHash')
  fields.end(what)
  return {
    verifiedBootKey,
    deviceLocked,
    verifiedBootState,
    ...(verifiedBootHash === undefined ? {} : { verifiedBootHash }),
  }
}
