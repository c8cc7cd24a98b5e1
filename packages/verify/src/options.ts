import path from 'node:path'
import type { JWK } from 'jose'
import { maxLifeSeconds, readAuthorityKeys } from './key-document.ts'
import type { KeysHealth } from './keys-health.ts'
import type { Refusal } from './refusal.ts'

/** A gateway that is believed, and where its public keys are. */
export type GatewayKeys = {
  /** `spiffe://<trust domain>/gateway/<name>`. */
  readonly issuer: string
} & (
  | {
      /** `https://…/.well-known/jwks.json`; over http the keys are as genuine as the network. */
      readonly jwksUrl: string
    }
  | {
      /** A JWKS on disk; read again when a key is not in it. */
      readonly jwksFile: string
    }
)

/** All gateways that the authority has not revoked, as it says itself. */
export type AuthorityKeys = {
  /** `…/gateways/assertion-keys` of its status listener: it is signed, so http does. */
  readonly keysUrl: string
  /**
   * What signs it: `feed-keys.json` as a file, which is read again when a person changes it, or its content. The
   * authority names the keys that follow.
   */
  readonly keys: string | { readonly keys: readonly JWK[] }
  /** Those that are believed at all, `spiffe://<trust domain>/gateway/<name>`; by default each that is active. */
  readonly issuers?: readonly string[]
  /**
   * Default 30: how often it is fetched, and so how long a gateway is believed after it was revoked. At least six
   * times in the time that a word of the authority counts.
   */
  readonly refreshSeconds?: number
  /**
   * For how long its last word counts while the authority is away, from when it was signed: 300 to 86,400. By default
   * and at most as long as the authority says (`authority.status.assertionKeysMinutes`, 15). More survives a longer
   * outage; whoever keeps this service from hearing the authority delays a revocation by as much.
   */
  readonly outageSeconds?: number
  /**
   * A file of this service's own, where the last word is kept as it was signed, so that a start finds it while the
   * authority is away. It is believed as the network is: by its signature, and for no longer. It may be brought:
   * what `keysUrl` answers.
   */
  readonly cacheFile?: string
  /** Told of each fetch that failed, and of a `cacheFile` that does no good; the place to log it. */
  readonly onFailed?: (error: unknown, health: KeysHealth) => void
  /** Told when its `state` changes: the place to alarm before requests are refused. */
  readonly onHealth?: (health: KeysHealth) => void
}

/** Options with what they are by default. */
export type CheckedAuthority = Required<
  Omit<AuthorityKeys, 'cacheFile' | 'onFailed' | 'onHealth'>
> &
  Pick<AuthorityKeys, 'cacheFile' | 'onFailed' | 'onHealth'>

export type VerifierOptions = {
  /** What the gateways' configuration calls this service: `assertion.audience`. */
  readonly audience: string
  /** Each with keys of its own. Either this or `authority`. */
  readonly gateways?: readonly GatewayKeys[]
  readonly authority?: AuthorityKeys
  /** Default 60: an assertion that is older is refused, whatever it says of itself. */
  readonly maxAgeSeconds?: number
  /** Default 5: how far the clocks may be apart. */
  readonly clockToleranceSeconds?: number
  /**
   * Whether an assertion counts once (default), or as often as it comes within its life. What was seen is
   * known to this process alone, and held until it has expired.
   */
  readonly replay?: 'refuse' | 'allow'
  /** Default 100,000: how many assertions are remembered; a full memory refuses (503). */
  readonly maxRemembered?: number
  /** Told of each refusal; the place to log it. */
  readonly onRefused?: (refusal: Refusal) => void
  /** Milliseconds of the wall clock. */
  readonly now?: () => number
}

/** Options with what they are by default. */
export type CheckedOptions = Required<Omit<VerifierOptions, 'onRefused' | 'authority'>> & {
  readonly onRefused: VerifierOptions['onRefused'] | undefined
  readonly authority: CheckedAuthority | undefined
}

/**
 * Services in JavaScript fill options from their environment: one that is missing there, or no number,
 * must not come to a check that is left out.
 *
 * @throws TypeError where the options make no sense
 */
export function checkOptions(options: VerifierOptions): CheckedOptions {
  const { audience, gateways = [], replay = 'refuse', onRefused, now = Date.now } = options
  if (typeof audience !== 'string' || audience === '') throw new TypeError('audience is no text')
  const authority = options.authority === undefined ? undefined : checkAuthority(options.authority)
  if (!Array.isArray(gateways)) throw new TypeError('gateways is no list')
  if (authority === undefined && gateways.length === 0) throw new TypeError('gateways lists none')
  if (authority !== undefined && gateways.length > 0) {
    throw new TypeError('either gateways or authority: a pinned key outlives its gateway')
  }
  for (const keys of gateways) checkKeys(keys)
  if (new Set(gateways.map(({ issuer }) => issuer)).size < gateways.length) {
    throw new TypeError('gateways lists an issuer twice')
  }
  if (replay !== 'refuse' && replay !== 'allow') throw new TypeError('replay: refuse or allow')
  return {
    audience,
    gateways,
    authority,
    maxAgeSeconds: whole(options.maxAgeSeconds, 'maxAgeSeconds', 60, [1, 600]),
    clockToleranceSeconds: whole(
      options.clockToleranceSeconds,
      'clockToleranceSeconds',
      5,
      [0, 60],
    ),
    replay,
    maxRemembered: whole(options.maxRemembered, 'maxRemembered', 100_000, [1, 10_000_000]),
    onRefused,
    now,
  }
}

function checkAuthority(authority: AuthorityKeys): CheckedAuthority {
  const { keysUrl, keys, issuers = [], cacheFile, onFailed, onHealth } = authority
  if (!isText(keysUrl) || !/^https?:\/\//.test(keysUrl)) {
    throw new TypeError('authority: keysUrl is no URL of https or http')
  }
  // Without a key that is pinned, whoever answers would say which gateways there are.
  if (!isText(keys)) {
    if (typeof keys !== 'object' || keys === null) throw new TypeError('authority: no keys')
    readAuthorityKeys(keys.keys)
  }
  if (!Array.isArray(issuers) || !issuers.every(isText)) {
    throw new TypeError('authority: issuers is no list of texts')
  }
  if (cacheFile !== undefined && !isText(cacheFile)) {
    throw new TypeError('authority: cacheFile is no name of a file')
  }
  // What is pinned would be written over.
  if (cacheFile !== undefined && isText(keys) && path.resolve(keys) === path.resolve(cacheFile)) {
    throw new TypeError('authority: cacheFile is the file of keys; give it a file of its own')
  }
  const { refreshSeconds, outageSeconds } = authority
  const longest = maxLifeSeconds
  return {
    keysUrl,
    keys,
    issuers,
    refreshSeconds: whole(refreshSeconds, 'refreshSeconds', 30, [1, 600]),
    outageSeconds: whole(outageSeconds, 'outageSeconds', longest, [300, longest]),
    ...(cacheFile === undefined ? {} : { cacheFile }),
    ...(onFailed === undefined ? {} : { onFailed }),
    ...(onHealth === undefined ? {} : { onHealth }),
  }
}

function checkKeys(keys: GatewayKeys): void {
  const place: unknown = 'jwksUrl' in keys ? keys.jwksUrl : keys.jwksFile
  if (!isText(keys.issuer)) throw new TypeError('a gateway has no issuer')
  if (!isText(place)) throw new TypeError(`${keys.issuer} has neither jwksUrl nor jwksFile`)
  if ('jwksUrl' in keys && !/^https?:\/\//.test(keys.jwksUrl)) {
    throw new TypeError(`${keys.issuer}: jwksUrl is no URL of https or http`)
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function whole(
  value: unknown,
  name: string,
  byDefault: number,
  [least, most]: readonly [number, number],
): number {
  if (value === undefined) return byDefault
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) {
    return value
  }
  throw new TypeError(`${name} is no whole number from ${least} to ${most}`)
}
