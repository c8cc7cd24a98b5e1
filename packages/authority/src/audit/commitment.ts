import { createHash, randomBytes } from 'node:crypto'
import { truncateAddress } from './truncate-address.ts'
import type { Personal, PersonalKind } from './personal.ts'

/*
 * A commitment is SHA-256 over a random salt of 128 bits and the value: who has the log alone learns nothing,
 * not by trying all addresses either, and two rows of one person do not look alike. Of an address the value is
 * its network, and beside it goes a commitment to the whole of it, with a salt of its own: the address can be
 * forgotten and the network still be proven.
 */

const saltBytes = 16

/** What opens a commitment. Salts and hashes are base64url. */
export type Opening = {
  readonly salt: string
  /** Of an address its network. */
  readonly value: string
  /** Of an address: the whole of it, or the commitment to that where it was forgotten. */
  readonly exact: Exact | { readonly hash: string } | null
}
export type Exact = { readonly salt: string; readonly value: string }

/** Commits to a value, with new salts. */
export function commit({ kind, value }: Personal): {
  hash: string
  opening: { salt: string; value: string; exact: Exact | null }
} {
  const network = kind === 'address' ? truncateAddress(value) : value
  const exact = network === value ? null : { salt: newSalt(), value }
  const opening = { salt: newSalt(), value: network, exact }
  return { hash: commitmentOf(kind, opening), opening }
}

/** Whether an opening is that of a commitment. */
export function opens(hash: string, kind: PersonalKind, opening: Opening): boolean {
  const { exact, value } = opening
  if (hash !== commitmentOf(kind, opening)) return false
  // An address would else be found under a network that it is not of.
  return exact === null || 'hash' in exact || value === truncateAddress(exact.value)
}

/** What is kept of an address once the whole of it is forgotten. */
export function exactHash({ salt, value }: Exact): string {
  return hashOf('exact', salt, value)
}

function commitmentOf(kind: PersonalKind, { salt, value, exact }: Opening): string {
  const ofExact = exact === null ? null : 'hash' in exact ? exact.hash : exactHash(exact)
  return hashOf(kind, salt, value, ofExact)
}

function hashOf(...parts: readonly (string | null)[]): string {
  const text = JSON.stringify(['sallyport personal value', ...parts])
  return createHash('sha256').update(text).digest('base64url')
}

function newSalt(): string {
  return randomBytes(saltBytes).toString('base64url')
}
