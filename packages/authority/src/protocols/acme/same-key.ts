import type { AccountKey } from './account-key.ts'

/** Whether a JWK is this public key, whatever else it says. */
export function isSameKey(value: unknown, { jwk }: AccountKey): boolean {
  if (typeof value !== 'object' || value === null) return false
  const given = new Map<string, unknown>(Object.entries(value))
  const own = Object.entries(JSON.parse(jwk) as Record<string, string>)
  return own.every(([name, member]) => given.get(name) === member)
}
