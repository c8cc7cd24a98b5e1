import type { AssertionKeySet } from './assertion-keys.ts'
import type { Change } from './gateway-messages.ts'

/** The most changes of one batch, and the most characters of its JSON: what a gateway verifies at once. */
export const maxBatchChanges = 500
export const maxBatchCharacters = 256 * 1024

/**
 * What the authority signs with its feed key (`feed-jws.ts`), told apart by `type`, so that none can be taken
 * for another. `keys` is the number of the key set in force: a gateway that has an older one asks for it.
 */
export type FeedMessage =
  | ChangeBatch
  | Heartbeat
  | Hello
  | SnapshotSeal
  | FeedKeySet
  | AssertionKeySet

/** Data of a server-sent event `changes`, whose id is `last`: changes without a gap, in order. */
export type ChangeBatch = {
  readonly type: 'changes'
  readonly epoch: string
  readonly first: number
  readonly last: number
  readonly at: number
  readonly changes: readonly Change[]
}

/** Data of an event `heartbeat`, every five seconds: everything up to `seq` was told. */
export type Heartbeat = {
  readonly type: 'heartbeat'
  readonly epoch: string
  readonly seq: number
  readonly at: number
  readonly keys: number
}

/**
 * Data of the first event of a stream, `hello`. The nonces are those of the gateways that it is for: whoever
 * repeats what was signed once cannot say one of them. `seq` is the end of the feed.
 */
export type Hello = Omit<Heartbeat, 'type'> & {
  readonly type: 'hello'
  readonly nonces: readonly string[]
}

/** The most nonces of one `hello`. */
export const maxHelloNonces = 64

/** What stands before a snapshot: of which bytes it is. */
export type SnapshotSeal = {
  readonly type: 'snapshot'
  readonly epoch: string
  readonly seq: number
  readonly at: number
  readonly bytes: number
  /** Of the packed status, base64url. */
  readonly sha256: string
}

/** A public key that the feed is signed with (RFC 7517). */
export type FeedKey = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  /** RFC 7638. */
  readonly kid: string
  readonly alg: 'ES256'
  readonly use: 'sig'
}

/** The keys that the feed is signed with from now on, signed by one of the set before. */
export type FeedKeySet = {
  readonly type: 'keys'
  /** Rises with each set: the minute that it was made in, since 1970, or more. */
  readonly number: number
  readonly at: number
  readonly keys: readonly FeedKey[]
}

/** The most keys of a set, and the most sets that are told at once. */
export const maxFeedKeys = 32
export const maxFeedKeySets = 1_000
