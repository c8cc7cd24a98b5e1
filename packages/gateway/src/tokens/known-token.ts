import { createHash } from 'node:crypto'
import type { DeviceIdentity } from '@sallyport/pki'
import type { BindingFault } from '@sallyport/token/binding'
import type { VerifiedToken } from '@sallyport/token/verify'
import type { ReasonCode } from '@sallyport/problem'
import { type TokenKeys, tokenKeys } from '../status/token-status.ts'
import type { Scheme } from './read-credentials.ts'
import { userField } from './user-field.ts'

/**
 * A token that was verified, and what is worked out of it once. What was found out last about it stands
 * beside, under what it depends on: for as long as that stands still, so does the answer.
 */
export class KnownToken {
  readonly token: VerifiedToken
  /** SHA-256 of its characters, base64url: the key that it is remembered under, and `ath` of its proofs. */
  readonly hash: string
  readonly keys: TokenKeys
  /** `keysVersion` of its provider before it was verified. */
  readonly keysVersion: number
  /** How it is called in logs: the provider, and a hash of the subject. */
  readonly label: string
  /** Value of Sallyport-User. */
  readonly field: string

  /** As it was presented last. */
  presented: PresentedToken | undefined

  statusVersion = -1
  statusDevice: string | undefined
  ended: ReasonCode | undefined

  bindingVersion = -1
  bindingDevice: DeviceIdentity | undefined
  /** The rules that it was held against. */
  bindingRules: object | undefined
  bindingFault: BindingFault | undefined

  constructor(token: VerifiedToken, text: string, hash: string, keysVersion: number) {
    this.token = token
    this.hash = hash
    this.keysVersion = keysVersion
    this.keys = tokenKeys(token, text)
    this.label = userLabel(token)
    this.field = userField(token)
  }
}

/** A token as a caller presents it: the same text at nearly every request of a connection. */
export type PresentedToken = {
  /** The whole of Authorization. */
  readonly authorization: string
  readonly scheme: Scheme
  readonly known: KnownToken
}

/**
 * A pseudonym: whoever knows the subject finds its lines, and the lines do not tell the subject. Made
 * without a key, of what the keys of the feed are made of, so that every gateway writes the same.
 */
function userLabel({ provider, issuer, subject }: VerifiedToken): string {
  const digest = createHash('sha256').update(`${issuer}\0${subject}`).digest()
  return `${provider}:${digest.toString('base64url', 0, 16)}`
}
