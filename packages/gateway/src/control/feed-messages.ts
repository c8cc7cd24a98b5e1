import {
  type Change,
  type ChangeBatch,
  type FeedKeySet,
  type Heartbeat,
  type Hello,
  issuerKinds,
  maxBatchChanges,
  maxHelloNonces,
  type SnapshotSeal,
  type TrustedIssuer,
} from '@sallyport/wire'
import { readFeedKeys } from '../feed/feed-key.ts'
import { issuerKey } from './issuer-key.ts'

/**
 * The authority's messages, checked member by member. By hand, and not against their schemas: a gateway
 * at rest shall not carry a validator in memory for the sake of a few messages. Members that are not known are
 * passed over.
 *
 * @throws RangeError which member is not what it must be
 */
export function parseChangeBatch(value: unknown): ChangeBatch {
  const batch = message(value, 'changes')
  const changes = array(batch, 'changes')
  const first = integer(batch, 'first')
  const last = integer(batch, 'last')
  if (changes.length > maxBatchChanges || changes.length !== last - first + 1) {
    throw new RangeError(`changes: ${changes.length} from ${first} to ${last}`)
  }
  return {
    type: 'changes',
    epoch: string(batch, 'epoch'),
    first,
    last,
    at: integer(batch, 'at'),
    changes: changes.map((each, index) => {
      const change = parseChange(each)
      if (change.seq !== first + index) throw new RangeError(`changes: ${change.seq} out of order`)
      return change
    }),
  }
}

export function parseHeartbeat(value: unknown): Heartbeat {
  return { type: 'heartbeat', ...beatIn(message(value, 'heartbeat')) }
}

export function parseHello(value: unknown): Hello {
  const hello = message(value, 'hello')
  const nonces = array(hello, 'nonces')
  if (nonces.length > maxHelloNonces) throw new RangeError('nonces: too many')
  return { type: 'hello', ...beatIn(hello), nonces: nonces.map(String) }
}

export function parseSnapshotSeal(value: unknown): SnapshotSeal {
  const seal = message(value, 'snapshot')
  return {
    type: 'snapshot',
    epoch: string(seal, 'epoch'),
    seq: integer(seal, 'seq'),
    at: integer(seal, 'at'),
    bytes: integer(seal, 'bytes'),
    sha256: string(seal, 'sha256'),
  }
}

export function parseFeedKeySet(value: unknown): FeedKeySet {
  const set = message(value, 'keys')
  return {
    type: 'keys',
    number: integer(set, 'number'),
    at: integer(set, 'at'),
    keys: readFeedKeys(set),
  }
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
    ...(change['issuedUntil'] === undefined ? {} : { issuedUntil: integer(change, 'issuedUntil') }),
    ...(issuer === undefined ? {} : { issuer }),
  }
}

export function parseIssuer(value: unknown): TrustedIssuer {
  const issuer = object(value, 'issuer')
  const given = string(issuer, 'kind')
  const kind = issuerKinds.find((known) => known === given)
  if (kind === undefined) throw new RangeError(`issuer of kind ${given}`)
  const status = issuer['status']
  if (status !== undefined && status !== 'issued') {
    throw new RangeError('issuer of a status that is not known')
  }
  return {
    certificate: string(issuer, 'certificate'),
    kind,
    trustDomain: string(issuer, 'trustDomain'),
    appId: string(issuer, 'appId'),
    ...(status === undefined ? {} : { status }),
  }
}

function beatIn(members: Members): Omit<Heartbeat, 'type'> {
  return {
    epoch: string(members, 'epoch'),
    seq: integer(members, 'seq'),
    at: integer(members, 'at'),
    keys: integer(members, 'keys'),
  }
}

type Members = Readonly<Record<string, unknown>>

/** What is signed for one purpose says nothing for another. */
function message(value: unknown, type: string): Members {
  const members = object(value, type)
  if (members['type'] === type) return members
  throw new RangeError(`${type}: a message of type ${String(members['type'])}`)
}

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
