import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { boundedFetch } from './bounded-fetch.ts'
import type { GatewayKeys } from './options.ts'
import { Refusal } from './refusal.ts'

/** A set that is older is fetched again, so that a withdrawn key is not believed for longer. */
const freshMs = 300_000
/** Between two fetches, whatever kids strangers make up. */
const cooldownMs = 5_000
const maxBytes = 65_536

/**
 * The public keys of one gateway: fetched once, again when they are old or a key is unknown, and kept
 * when the gateway does not answer. Many who wait share one fetch.
 */
export function keySource(keys: GatewayKeys, now: () => number): JWTVerifyGetKey {
  const load = 'jwksUrl' in keys ? () => fetchSet(keys.jwksUrl) : () => readSet(keys.jwksFile)
  let find: JWTVerifyGetKey | undefined
  let loadedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined

  const refresh = (): Promise<void> => {
    loading ??= load()
      .then((set) => {
        find = createLocalJWKSet(set)
        loadedAt = now()
      })
      .finally(() => {
        triedAt = now()
        loading = undefined
      })
    return loading
  }
  // A clock that was set back is no reason to wait until it has caught up.
  const isPast = (at: number, ms: number) => Math.abs(now() - at) >= ms
  const mayTry = () => loading !== undefined || isPast(triedAt, cooldownMs)

  return async (header, token) => {
    if (find === undefined) {
      if (!mayTry()) throw new Refusal('keys_unavailable', 'the last fetch of the keys failed')
      await refresh().catch((error: unknown) => {
        throw new Refusal('keys_unavailable', String(error), { cause: error })
      })
    } else if (isPast(loadedAt, freshMs) && mayTry()) {
      // The old ones do meanwhile; where the gateway is away they go on.
      refresh().catch(ignore)
    }
    try {
      return await known(find)(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !mayTry()) throw error
      await refresh().catch(ignore)
      return known(find)(header, token)
    }
  }
}

function known(find: JWTVerifyGetKey | undefined): JWTVerifyGetKey {
  if (find === undefined) throw new TypeError('There are keys by now')
  return find
}

// A refresh in passing: the keys that are known stay, and the next one tries again.
function ignore(): void {}

async function fetchSet(url: string): Promise<JSONWebKeySet> {
  const accept = 'application/jwk-set+json, application/json'
  const { text = '' } = await boundedFetch(url, { accept, maxBytes })
  return keySetFrom(text)
}

async function readSet(file: string): Promise<JSONWebKeySet> {
  return keySetFrom(await readFile(file, 'utf8'))
}

function keySetFrom(text: string): JSONWebKeySet {
  const set: unknown = JSON.parse(text)
  if (typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys)) {
    return { keys: set.keys as JSONWebKeySet['keys'] }
  }
  throw new TypeError('not a JSON Web Key Set: it has no list of keys')
}
