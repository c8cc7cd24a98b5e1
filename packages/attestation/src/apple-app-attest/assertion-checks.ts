import { createPublicKey, verify } from 'node:crypto'
import type { AppAttestKey } from '../attestation-result.ts'
import { type CheckRow, holds, unchecked } from '../check-table.ts'
import { isSameBytes } from '../same-bytes.ts'
import { findAppId } from './app-id.ts'
import type { AssertionObject } from './assertion-object.ts'
import { type AppAttestSubject, trailingBytesCheck } from './app-attest-subject.ts'
import { policyChecks } from './policy-checks.ts'
import { nonceOf } from './nonce.ts'

/** What the checks of an assertion look at. */
export type AssertionSubject = AppAttestSubject & {
  readonly object: AssertionObject
  /** That of the device which asserts. */
  readonly key: AppAttestKey
  /** Undefined: not checked. */
  readonly clientData: Uint8Array | undefined
  /** Undefined: not checked. */
  readonly keyId: string | undefined
}

/**
 * The checks of an App Attest assertion, in the order in which a result lists them.
 *
 * https://developer.apple.com/documentation/devicecheck/validating-apps-that-connect-to-your-server
 */
export const assertionChecks: readonly CheckRow<AssertionSubject>[] = [
  trailingBytesCheck,
  {
    name: 'key',
    code: 'app_attest_other_key',
    kind: 'proof',
    run: ({ keyId, key }) =>
      keyId === undefined
        ? unchecked(key.keyId)
        : holds(isSameBytes(Buffer.from(keyId), Buffer.from(key.keyId)), key.keyId, keyId),
  },
  {
    name: 'signature',
    code: 'app_attest_assertion_signature_invalid',
    kind: 'proof',
    run: ({ object, key, clientData }) => {
      if (clientData === undefined) return unchecked('client data unknown')
      const isSigned = isAssertedBy(key, object, clientData)
      return holds(
        isSigned,
        `the nonce of this client data, signed by ${key.keyId}`,
        isSigned ? 'it is' : 'of another key, or of other client data',
      )
    },
  },
  {
    name: 'appId',
    code: 'app_attest_app_mismatch',
    kind: 'proof',
    run: ({ authenticatorData: { rpIdHash }, key, policy: { appIds } }) => {
      const isOfKey = findAppId(rpIdHash, [key.appId]) !== undefined
      const isAllowed = appIds === undefined || appIds.includes(key.appId)
      const found = isOfKey ? key.appId : `SHA-256 ${rpIdHash.toString('hex')}`
      return holds(isOfKey && isAllowed, appIds?.join(' or ') ?? key.appId, found)
    },
  },
  {
    name: 'counter',
    code: 'app_attest_counter_not_risen',
    kind: 'proof',
    run: ({ authenticatorData: { counter }, key }) =>
      holds(counter > key.counter, `more than ${key.counter}`, `${counter}`),
  },
  ...policyChecks,
]

/** ES256 over the nonce, which is a hash already: so it is hashed twice. A key of another kind asserts nothing. */
function isAssertedBy(key: AppAttestKey, object: AssertionObject, clientData: Uint8Array): boolean {
  const publicKey = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' })
  if (publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return false
  const nonce = nonceOf(object.authenticatorData, clientData)
  return verify('sha256', nonce, publicKey, object.signature)
}
