import { type KeyObject, verify } from 'node:crypto'
import { feedJwsType, maxBatchCharacters } from '@sallyport/wire'

/** What came is not, or not provably, from the authority: nothing of it is believed. */
export class FeedUnverified extends Error {}

/** It is signed with a key that is not known: the authority may have announced another meanwhile. */
export class FeedKeyUnknown extends FeedUnverified {}

/** base64url of the largest batch, with room for its members. */
export const maxJwsCharacters = 2 * maxBatchCharacters
const maxHeaderCharacters = 400
const form = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/

/**
 * What a message of the feed says: a compact JWS (RFC 7515 §3.1) of ES256, by a key that is pinned. Bounded
 * before anything is looked at; the header is a closed set, so that it can bring no key and no rule of its own
 * (RFC 8725 §3.1, §3.11).
 *
 * @param keys by their `kid`
 * @returns the payload as JSON. Not checked: what it says
 * @throws FeedUnverified, FeedKeyUnknown
 */
export function readFeedJws(jws: string, keys: ReadonlyMap<string, KeyObject>): unknown {
  if (jws.length > maxJwsCharacters) throw new FeedUnverified('longer than any message of a feed')
  const [, header = '', payload = '', signature = ''] = form.exec(jws) ?? []
  if (header === '') throw new FeedUnverified('not a compact JWS')
  const key = keys.get(kidOf(header))
  if (key === undefined) throw new FeedKeyUnknown(`signed with key ${kidOf(header)}`)
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`, 'latin1'),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  if (!isSigned) throw new FeedUnverified('the signature does not verify')
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
}

function kidOf(header: string): string {
  if (header.length > maxHeaderCharacters) throw new FeedUnverified('a header too large')
  let members: unknown
  try {
    members = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))
  } catch {
    throw new FeedUnverified('a header that is no JSON')
  }
  if (typeof members !== 'object' || members === null) throw new FeedUnverified('no header')
  const { alg, typ, kid, ...others } = members as Record<string, unknown>
  if (Object.keys(others).length > 0) throw new FeedUnverified('a header with members of others')
  if (alg !== 'ES256' || typ !== feedJwsType || typeof kid !== 'string') {
    throw new FeedUnverified(`a header of another kind: ${String(alg)}, ${String(typ)}`)
  }
  return kid
}
