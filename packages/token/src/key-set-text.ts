import type { JSONWebKeySet } from 'jose'
import { readJsonObject } from './json-object.ts'

export const maxKeySetBytes = 256 * 1024
const maxKeys = 100

/**
 * Reads a JWK Set (RFC 7517 §5), and none of the keys in it: what loads no library can tell of it.
 *
 * @throws Error where it is none of 1 to 100 keys, or over 256 KiB
 */
export function readKeySet(bytes: Uint8Array): JSONWebKeySet {
  if (bytes.length > maxKeySetBytes) throw new RangeError(`more than ${maxKeySetBytes} bytes`)
  const { keys } = readJsonObject(bytes)
  if (!Array.isArray(keys)) throw new TypeError('no list of keys')
  if (keys.length > maxKeys) throw new RangeError(`more than ${maxKeys} keys`)
  if (keys.length === 0) throw new RangeError('no key')
  const isObject = (key: unknown) => typeof key === 'object' && key !== null && !Array.isArray(key)
  if (!keys.every(isObject)) throw new TypeError('a key that is no object')
  return { keys }
}
