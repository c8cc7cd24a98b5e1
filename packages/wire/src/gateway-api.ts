/** Paths of what gateways ask of the authority, on its admin listener, under a gateway's certificate. */
export const gatewayPaths = {
  snapshot: '/gateway/v1/snapshot',
  feed: '/gateway/v1/feed',
  feedKeys: '/gateway/v1/feed-keys',
  reports: '/gateway/v1/reports',
} as const

/** What a snapshot is on the wire: the length of its seal (16 bits), the seal (a compact JWS), packed status. */
export const snapshotMediaType = 'application/vnd.sallyport.snapshot'

/** The `typ` of whatever is signed with a feed key, so that no other JWS can pass for it (RFC 8725 §3.11). */
export const feedJwsType = 'sallyport-feed+jws'

/**
 * What a change is told apart by where its number was given out twice, as after an older backup: the first
 * 22 characters of the SHA-256, base64url, of this text in UTF-8.
 */
export function changeMarkBase(change: {
  readonly seq: number
  readonly at: number
  readonly kind: string
  readonly key: string
  readonly status: string
}): string {
  const { seq, at, kind, key, status } = change
  return [seq, at, kind, key, status].join('\0')
}
export const changeMarkCharacters = 22

/** A gateway that hears nothing for two of these counts its feed as disconnected. */
export const heartbeatSeconds = 5

/** The kinds of change that this version knows. A kind that a gateway does not know makes it stale. */
export const changeKinds = [
  'certificate',
  'device',
  'issuer',
  'token',
  'subject',
  'session',
  'deviceTokens',
  'lift',
  'gateway',
] as const
export type ChangeKind = (typeof changeKinds)[number]

/**
 * The kinds that something has a status of. A lift is done once, and nothing is left of it; that a gateway was
 * revoked is told to itself, which hears nothing after it.
 */
export type StatusKind = Exclude<ChangeKind, 'lift' | 'gateway'>

/** The kinds that end access tokens, and what lists each of them in a snapshot. Their status is `ended`. */
export const endedKinds = {
  token: 'tokens',
  subject: 'subjects',
  session: 'sessions',
  deviceTokens: 'deviceTokens',
} as const satisfies Partial<Record<ChangeKind, string>>
export type EndedKind = keyof typeof endedKinds

export function isEndedKind(kind: ChangeKind): kind is EndedKind {
  return Object.hasOwn(endedKinds, kind)
}

/**
 * What a subject, a session or the id of a token (`jti`) is known by in the feed: the SHA-256 of this
 * text in UTF-8, base64url. Each is unique within its issuer alone.
 */
export function issuedBase(issuer: string, value: string): string {
  return `${issuer}\0${value}`
}

/** Three parts of which the first can be a JSON object: all others say nothing by themselves. */
const jwt = /^(e[w-z][^.]*\.[^.]*)\.[^.]*$/

/**
 * What an access token is known by in the feed where nothing in it tells it apart: the SHA-256 of this
 * text, base64url. Of a JWT without its signature: whoever holds an ECDSA signature can write another
 * one that verifies as well. Of any other the whole: all of `v4.local.` begin alike.
 */
export function tokenBase(token: string): string {
  return jwt.exec(token)?.[1] ?? token
}
