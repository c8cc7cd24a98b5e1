import { createHash } from 'node:crypto'
import { issuedBase } from '@sallyport/wire'
import { accountBase } from '@sallyport/wire/lift'

/**
 * What tries at an account are counted by: a hash, so that whoever lifts a wait need not tell every gateway
 * the name.
 *
 * @param name as `comparable` has it
 */
export function accountKey(name: string): string {
  return sha256(accountBase(name))
}

/** What a user is counted by: as the feed names one. */
export function userKey({ issuer, subject }: { issuer: string; subject: string }): string {
  return sha256(issuedBase(issuer, subject))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
