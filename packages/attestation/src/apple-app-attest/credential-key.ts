import { type CborValue, isCborMap } from '../cbor/cbor-value.ts'

/** COSE_Key parameters (RFC 9052 §7.1, RFC 9053 §7.1.1) of an ECDSA key on P-256, and their values. */
const parameters: ReadonlyMap<number, number> = new Map([
  [1, 2], // kty: EC2
  [3, -7], // alg: ES256
  [-1, 1], // crv: P-256
])
const x = -2
const y = -3

/** The uncompressed point of a COSE_Key that is an ES256 key, otherwise undefined. */
export function readCredentialKey(key: CborValue): Buffer | undefined {
  if (!isCborMap(key) || key.size !== parameters.size + 2) return undefined
  for (const [name, value] of parameters) if (key.get(name) !== value) return undefined
  const coordinates = [key.get(x), key.get(y)]
  if (!coordinates.every((value) => Buffer.isBuffer(value) && value.length === 32)) return undefined
  return Buffer.concat([Buffer.from([4]), ...(coordinates as Buffer[])])
}
