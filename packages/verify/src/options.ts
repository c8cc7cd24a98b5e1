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
