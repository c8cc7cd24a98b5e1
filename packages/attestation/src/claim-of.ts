import type { Claim } from './attestation-result.ts'

/** What was parsed: bytes, numbers of any size, words, and lists and records of them. */
export type Parsed =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | readonly Parsed[]
  | ReadonlyParsed
type ReadonlyParsed = { readonly [name: string]: Parsed | undefined }

/**
 * A claim of what was parsed: bytes as lower-case hex, a bigint as a number where a number holds it
 * exactly and as decimal digits otherwise; members without a value are left out. The names of members
 * are ours, never of the evidence.
 */
export function claimOf(value: Parsed): Claim {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value === 'bigint') {
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString()
  }
  if (isList(value)) return value.map(claimOf)
  if (typeof value !== 'object') return value
  const claims: Record<string, Claim> = {}
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) claims[name] = claimOf(member)
  }
  return claims
}

const isList = (value: Parsed): value is readonly Parsed[] => Array.isArray(value)
