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

export type VerifierOptions = {
  /** What the gateways' configuration calls this service: `assertion.audience`. */
  readonly audience: string
  readonly gateways: readonly GatewayKeys[]
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
export type CheckedOptions = Required<Omit<VerifierOptions, 'onRefused'>> & {
  readonly onRefused: VerifierOptions['onRefused'] | undefined
}

/**
 * Services in JavaScript fill options from their environment: one that is missing there, or no number,
 * must not come to a check that is left out.
 *
 * @throws TypeError where the options make no sense
 */
export function checkOptions(options: VerifierOptions): CheckedOptions {
  const { audience, gateways, replay = 'refuse', onRefused, now = Date.now } = options
  if (typeof audience !== 'string' || audience === '') throw new TypeError('audience is no text')
  if (!Array.isArray(gateways) || gateways.length === 0) throw new TypeError('gateways lists none')
  for (const keys of gateways) checkKeys(keys)
  if (new Set(gateways.map(({ issuer }) => issuer)).size < gateways.length) {
    throw new TypeError('gateways lists an issuer twice')
  }
  if (replay !== 'refuse' && replay !== 'allow') throw new TypeError('replay: refuse or allow')
  return {
    audience,
    gateways,
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
