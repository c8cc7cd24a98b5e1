import type { ReasonCode } from '@sallyport/problem'
import type { Assurance } from '@sallyport/wire'

/** `unchecked`: nothing asked for it, or something before it failed so that it could not be looked at. */
export type CheckOutcome = 'passed' | 'failed' | 'unchecked'

/** One thing that was looked at. */
export type AttestationCheck = {
  /** Stable, camelCase. */
  readonly name: string
  readonly outcome: CheckOutcome
  /** The reason, where it failed. */
  readonly code: ReasonCode | null
  readonly expected: string
  readonly found: string
}

/** A value that JSON can tell. Bytes are lower-case hex, times RFC 3339. */
export type Claim =
  | string
  | number
  | boolean
  | null
  | readonly Claim[]
  | { readonly [name: string]: Claim }
export type Claims = { readonly [name: string]: Claim }

/** What the authority remembers of evidence, apart from the evidence itself. Only what was proven. */
export type EvidenceFacts = {
  /** Serial numbers of the certificates of an Android chain, lower-case hex, leaf first: what later status lists name. */
  readonly serials?: readonly string[]
  /** Names the batch certificate that attested the key: SHA-256 of its SPKI, base64url. */
  readonly batch?: string
  readonly provisioning?: 'factory' | 'remote'
  readonly model?: string
  /** As `16` or `27.1`. */
  readonly osVersion?: string
  /** As `2026-05` or `2026-05-05`. */
  readonly osPatchLevel?: string
  /** What the phone is known by where it is managed: serial number, UDID, IMEI. Told to companies alone. */
  readonly identifiers?: readonly string[]
}

/** The App Attest key that a device is to assert with from now on. */
export type AppAttestKey = {
  /** SHA-256 of the uncompressed point, base64 as Apple writes it. */
  readonly keyId: string
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  readonly counter: number
  readonly environment: 'production' | 'development'
  /** `TEAMID.bundle.id`. */
  readonly appId: string
  /** CMS, as Apple signed it. */
  readonly receipt?: Uint8Array
}

/** An attestation result (RFC 9334 §8.4): what is proven, and every check that led there. */
export type AttestationResult = {
  readonly format: string
  /** No check failed. */
  readonly accepted: boolean
  /**
   * What is proven of the key. Evidence that proves what it says but misses the policy (an old patch
   * level) keeps its assurance and is not accepted; evidence that proves nothing is `unattested`.
   */
  readonly assurance: Assurance
  /** It ends at a development root: it proves nothing outside development. */
  readonly development: boolean
  /** In the order of the table of the format. */
  readonly checks: readonly AttestationCheck[]
  /** Everything that was parsed. */
  readonly claims: Claims
  readonly facts: EvidenceFacts
  /** Registered by an attestation, or advanced by an assertion: then with its new counter. */
  readonly appAttestKey?: AppAttestKey
}
