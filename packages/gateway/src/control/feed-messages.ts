import {
  type Change,
  endedKinds,
  type Heartbeat,
  issuerKinds,
  type Snapshot,
  type StatusEntry,
  type TrustedIssuer,
} from '@sallyport/wire'
import { issuerKey } from './issuer-key.ts'
import type { KeptSnapshot } from './known-status.ts'

/**
 * The authority's messages, checked member by member. By hand, and not against their schemas: a gateway
 * at rest shall not carry a validator in memory for the sake of three messages.
 *
 * Members that are not known are kept in a snapshot, where they may mean that this version understands
 * less than it must, and passed over elsewhere.
 *
 * @throws RangeError which member is not what it must be
 */
export function parseSnapshot(value: unknown): Snapshot {
  const snapshot = object(value, 'snapshot')
  return {
    ...snapshot,
    epoch: string(snapshot, 'epoch'),
    seq: integer(snapshot, 'seq'),
    at: integer(snapshot, 'at'),
    issuers: array(snapshot, 'issuers').map(parseIssuer),
    certificates: array(snapshot, 'certificates').map(parseEntry),
    devices: array(snapshot, 'devices').map(parseEntry),
    ...endedIn(snapshot),
  }
}

/** What ends tokens: not listed by an authority of an older version, nor in its snapshots on disk. */
function endedIn(snapshot: Members): Partial<Snapshot> {
  const listed = Object.values(endedKinds)
    .filter((name) => snapshot[name] !== undefined)
    .map((name) => [name, array(snapshot, name).map(parseEntry)])
  return Object.fromEntries(listed) as Partial<Snapshot>
}

/** A snapshot of our own, from disk: it says as well which kinds of change were not understood. */
export function parseKeptSnapshot(value: unknown): KeptSnapshot {
  const snapshot = parseSnapshot(value)
  const kinds = array(object(value, 'snapshot'), 'notUnderstood')
  const notUnderstood = kinds.filter((kind) => typeof kind === 'string')
  if (notUnderstood.length !== kinds.length) throw new RangeError('notUnderstood: not all strings')
  return { ...snapshot, notUnderstood }
}

export function parseChange(value: unknown): Change {
  const change = object(value, 'change')
  const key = string(change, 'key')
  const issuer = change['issuer'] === undefined ? undefined : parseIssuer(change['issuer'])
  // A certificate that cannot be read must not get as far as the workers.
  if (issuer !== undefined && issuerKey(issuer) !== key) {
    throw new RangeError('issuer: not the one of the key')
  }
  return {
    seq: integer(change, 'seq'),
    at: integer(change, 'at'),
    kind: string(change, 'kind'),
    key,
    status: string(change, 'status'),
    ...(change['until'] === undefined ? {} : { until: integer(change, 'until') }),
    ...issuedUntilIn(change),
    ...(issuer === undefined ? {} : { issuer }),
  }
}

export function parseHeartbeat(value: unknown): Heartbeat {
  const heartbeat = object(value, 'heartbeat')
  return {
    epoch: string(heartbeat, 'epoch'),
    seq: integer(heartbeat, 'seq'),
    at: integer(heartbeat, 'at'),
  }
}

function parseIssuer(value: unknown): TrustedIssuer {
  const issuer = object(value, 'issuer')
  const given = string(issuer, 'kind')
  const kind = issuerKinds.find((known) => known === given)
  if (kind === undefined) throw new RangeError(`issuer of kind ${given}`)
  return {
    certificate: string(issuer, 'certificate'),
    kind,
    trustDomain: string(issuer, 'trustDomain'),
    appId: string(issuer, 'appId'),
  }
}

function parseEntry(value: unknown): StatusEntry {
  const entry = object(value, 'entry')
  return {
    key: string(entry, 'key'),
    status: string(entry, 'status'),
    until: integer(entry, 'until'),
    ...issuedUntilIn(entry),
  }
}

function issuedUntilIn(members: Members): { issuedUntil?: number } {
  if (members['issuedUntil'] === undefined) return {}
  return { issuedUntil: integer(members, 'issuedUntil') }
}

type Members = Readonly<Record<string, unknown>>

function object(value: unknown, name: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  throw new RangeError(`${name}: not an object`)
}

function string(members: Members, name: string): string {
  const value = members[name]
  if (typeof value === 'string' && value.length <= 16_384) return value
  throw new RangeError(`${name}: not a string`)
}

function integer(members: Members, name: string): number {
  const value = members[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError(`${name}: not a whole number`)
}

function array(members: Members, name: string): unknown[] {
  const value = members[name]
  if (Array.isArray(value)) return value
  throw new RangeError(`${name}: not a list`)
}
