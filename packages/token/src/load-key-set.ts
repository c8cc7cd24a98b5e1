import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose'
import { readJsonObject } from './json-object.ts'

/** The public keys of a provider. */
export type KeySet = {
  /** The key for the header of a token. */
  readonly find: LocalJWKSet
  /** Each key in one canonical form, so that it shows when one was withdrawn. */
  readonly members: ReadonlySet<string>
}

export const maxKeySetBytes = 256 * 1024
const maxKeys = 100

/** @throws Error where the bytes are no JWK Set (RFC 7517 §5) of 1 to 100 keys, or over 256 KiB */
export function parseKeySet(bytes: Uint8Array): KeySet {
  if (bytes.length > maxKeySetBytes) throw new RangeError(`more than ${maxKeySetBytes} bytes`)
  const set = readJsonObject(bytes) as unknown as JSONWebKeySet
  const find = createLocalJWKSet(set)
  if (set.keys.length > maxKeys) throw new RangeError(`more than ${maxKeys} keys`)
  if (set.keys.length === 0) throw new RangeError('no key')
  return { find, members: new Set(set.keys.map((key) => canonical(key))) }
}

function canonical(key: object): string {
  return JSON.stringify(Object.entries(key).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
