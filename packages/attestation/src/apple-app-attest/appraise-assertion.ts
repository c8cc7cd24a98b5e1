import type { Assurance } from '@sallyport/wire'
import type { AppAttestKey, AttestationResult } from '../attestation-result.ts'
import { runChecks } from '../check-table.ts'
import { malformedResult, wellFormed } from '../malformed-result.ts'
import { assertionChecks } from './assertion-checks.ts'
import { maxAssertionBytes, readAssertionObject } from './assertion-object.ts'
import { authenticatorClaims } from './authenticator-claims.ts'
import { provenByAppAttest } from './app-attest-subject.ts'
import type { AppAttestPolicy } from './policy.ts'
import { readObject } from './read-object.ts'

export type AssertionOptions = {
  /** CBOR, as `generateAssertion` returned it. */
  readonly assertion: Uint8Array
  /** What the app handed the SHA-256 of to `generateAssertion`. Undefined: nothing can be proven. */
  readonly clientData?: Uint8Array | undefined
  /** That of the device, with the counter of its last assertion. */
  readonly key: AppAttestKey
  /** Base64, as the message has it. Undefined: not checked. */
  readonly keyId?: string | undefined
  readonly policy: AppAttestPolicy
  readonly minimumAssurance?: Assurance | undefined
}

/**
 * Appraises an App Attest assertion: that the app which attested the key vouches for the client data,
 * again and now. The result has the key with its new counter, which is to be stored only where the
 * stored one is still the one of `key`: of two assertions at once, one counts. Hostile bytes are failed
 * checks. The key must be one that an attestation registered; no certificate is looked at.
 */
export function appraiseAssertion(options: AssertionOptions): AttestationResult {
  const { assertion, key, clientData, policy } = options
  const object = readObject(assertion, maxAssertionBytes, readAssertionObject)
  if ('expected' in object) return malformedResult('apple-app-attest', assertionChecks, object)
  const { authenticatorData } = object
  const { checks, accepted, proven } = runChecks(assertionChecks, {
    object,
    authenticatorData,
    trailingBytes: object.trailingBytes + authenticatorData.trailingBytes,
    environment: key.environment,
    policy,
    minimumAssurance: options.minimumAssurance,
    key,
    clientData,
    keyId: options.keyId,
  })
  // Without client data the signature was not looked at: anyone may have written the rest.
  const isVouched = proven && clientData !== undefined
  return {
    format: 'apple-app-attest',
    accepted,
    assurance: isVouched ? provenByAppAttest : 'unattested',
    development: false,
    checks: [wellFormed('an assertion object', `${assertion.length} bytes`), ...checks],
    claims: {
      keyId: key.keyId,
      appId: key.appId,
      environment: key.environment,
      authenticatorData: authenticatorClaims(authenticatorData),
    },
    facts: {},
    ...(isVouched ? { appAttestKey: { ...key, counter: authenticatorData.counter } } : {}),
  }
}
