import type { FeedKey } from './feed-messages.ts'

/** The most keys of one gateway that a report tells of. */
export const maxReportedAssertionKeys = 8

/** A public key that a gateway signs assertions with (RFC 7517), and in whose name alone it counts. */
export type GatewayAssertionKey = FeedKey & {
  /** `spiffe://<trust domain>/gateway/<name>`. */
  readonly iss: string
}

/**
 * The assertion keys of all gateways that are not revoked: a JWK Set (RFC 7517 §5) that is the payload of a JWT,
 * signed as the feed is. Services verify it with a key of the feed that they pin.
 *
 * Of two documents of one epoch the one with the higher `seq` is newer, and with the same the one with the later
 * `iat`; of different epochs the one with the later `iat`. A revocation raises `seq`.
 */
export type AssertionKeySet = {
  readonly type: 'assertion-keys'
  /** `spiffe://<trust domain>`. */
  readonly iss: string
  /** Seconds since 1970 (RFC 7519 §2): nothing that was decided later is in it. */
  readonly iat: number
  /** After it nothing here counts. */
  readonly exp: number
  /** Of the feed, as is the number. */
  readonly epoch: string
  readonly seq: number
  readonly keys: readonly GatewayAssertionKey[]
  /** What the next documents can be signed with: it takes the place of the pinned ones. */
  readonly authorityKeys: readonly FeedKey[]
}
