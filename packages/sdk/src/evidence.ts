import type { Evidence, Purpose } from '@sallyport/wire'
import type { KeyHandle } from './key-store.ts'
import { SallyportError } from './sallyport-error.ts'

/** What evidence is collected about: this key, for this challenge. */
export type EvidenceContext = {
  readonly purpose: Purpose
  /** The 32 bytes of the challenge. */
  readonly challenge: Uint8Array
  readonly key: KeyHandle
  /**
   * Of a renewal, the id of the key of the certificate that is renewed: under it a collector finds which
   * App Attest key vouched before. It is the id of `key` where the key is kept.
   */
  readonly renewedKeyId: string | undefined
  /**
   * What App Attest and Play Integrity vouch for, as they cannot attest the key itself:
   * `enrollmentProofBase(challenge, public key)`. `clientDataHash` of App Attest is its SHA-256;
   * the nonce of Play Integrity (a classic request) is the base64url of its SHA-256, without padding.
   */
  readonly clientData: Uint8Array
}

/**
 * Collects what proves to the authority what the key is (RFC 9334): an Android Key Attestation chain,
 * an App Attest object. Undefined: there is none on this phone.
 *
 * It may be asked again for a key it knows with another challenge. Where evidence cannot be made again
 * it returns the old one: the authority refuses that, and the client begins anew with a new key.
 *
 * Throws `EvidenceError` where the platform says why there is none now. Whatever it throws ends the
 * enrolment or renewal; what is there already goes on being used.
 */
export type CollectEvidence = (context: EvidenceContext) => Promise<Evidence | undefined>

/**
 * Collects what is told beside the evidence, such as a Play Integrity token: at most two. `EvidenceError`
 * ends the attempt as it does of evidence; whatever else it throws is noted, and the request goes without.
 */
export type CollectSignals = (context: EvidenceContext) => Promise<readonly Evidence[]>

/**
 * Why there is no evidence now.
 *
 * `unavailable`: the service of the platform cannot be reached, or asks to wait: App Attest's
 * `serverUnavailable`, `ERROR_PENDING_INTERNET_CONNECTIVITY` of Android when its pool of remotely
 * provisioned keys is empty. The attempt ends as retryable.
 *
 * `key-lost`: the key that vouches for the others is gone, as an App Attest key is after the app was
 * installed again (`invalidKey`). Nothing but enrolling again helps.
 */
export type EvidenceFailure = 'unavailable' | 'key-lost'

/** Thrown by a collector of evidence or signals, or by a key store that attests keys when it makes them. */
export class EvidenceError extends Error {
  readonly failure: EvidenceFailure
  /** How long the platform asks to wait. */
  readonly retryAfterMs: number | undefined

  constructor(
    failure: EvidenceFailure,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'EvidenceError'
    this.failure = failure
    this.retryAfterMs = options.retryAfterMs
  }
}

const failures = {
  unavailable: 'evidence_unavailable',
  'key-lost': 'device_key_lost',
} as const satisfies Record<EvidenceFailure, string>

/** What a collector threw, as an error of ours. One that says nothing may find evidence the next time. */
export function evidenceFailed(error: unknown): SallyportError {
  if (!(error instanceof EvidenceError)) {
    return new SallyportError('evidence_unavailable', { cause: error })
  }
  const { failure, message: detail, retryAfterMs } = error
  return new SallyportError(failures[failure], {
    detail,
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
