import { createLocalJWKSet, type LocalJWKSet } from 'jose'
import { readKeySet } from './key-set-text.ts'

/** The public keys of a provider. */
export type KeySet = {
  /** The key for the header of a token. */
  readonly find: LocalJWKSet
  /** Each key in one canonical form, so that it shows when one was withdrawn. */
  readonly members: ReadonlySet<string>
}

/** @throws Error where the bytes are no JWK Set (RFC 7517 §5) of 1 to 100 keys, or over 256 KiB */
export function parseKeySet(bytes: Uint8Array): KeySet {
  const set = readKeySet(bytes)
  return {
    find: createLocalJWKSet(set),
    members: new Set(set.keys.map((key) => canonical(key))),
  }
}

function canonical(key: object): string {
  return JSON.stringify(Object.entries(key).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
