// What is lifted before its time, and how names are compared: for authorities and gateways, not for phones, whose
// engines do not all read the regular expressions here.
import { isId } from './id.ts'

export { comparable } from './comparable.ts'

/** Whose blocks and counters are lifted. What names a person is a hash. */
export type LiftSubject =
  /** `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/64`. */
  | { readonly kind: 'address'; readonly network: string }
  /** `hash`: SHA-256 of `accountBase`. With a device: what that one counts by itself for the account, too. */
  | { readonly kind: 'account'; readonly hash: string; readonly deviceId?: string }
  /** `hash`: SHA-256 of `issuedBase`. */
  | { readonly kind: 'user'; readonly hash: string }
  | { readonly kind: 'device'; readonly deviceId: string }

/** @param name as `comparable` has it */
export function accountBase(name: string): string {
  return `account\0${name}`
}

/** The key of a change of kind `lift`. */
export function liftKey(subject: LiftSubject): string {
  const { kind } = subject
  if (kind === 'address') return `${kind}:${subject.network}`
  if (kind === 'device') return `${kind}:${subject.deviceId}`
  if (kind === 'user') return `${kind}:${subject.hash}`
  return `${kind}:${subject.hash}${subject.deviceId === undefined ? '' : `:${subject.deviceId}`}`
}

const hashes = /^[A-Za-z0-9_-]{43}$/
const networks = /^[0-9A-Fa-f:.]{2,45}(?:\/[0-9]{1,3})?$/

/** What a key of the feed stands for; undefined where it is none of these. */
export function parseLiftKey(key: string): LiftSubject | undefined {
  const colon = key.indexOf(':')
  const kind = key.slice(0, Math.max(0, colon))
  const rest = key.slice(colon + 1)
  if (kind === 'address') return networks.test(rest) ? { kind, network: rest } : undefined
  if (kind === 'device') return isId('device', rest) ? { kind, deviceId: rest } : undefined
  if (kind === 'user') return hashes.test(rest) ? { kind, hash: rest } : undefined
  if (kind !== 'account') return undefined
  const [hash = '', deviceId, ...more] = rest.split(':')
  if (!hashes.test(hash) || more.length > 0) return undefined
  if (deviceId === undefined) return { kind, hash }
  return isId('device', deviceId) ? { kind, hash, deviceId } : undefined
}
