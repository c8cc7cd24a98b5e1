import { type Certificate, nameText } from '@sallyport/pki'
import type { AppAttestKey } from '../attestation-result.ts'
import type { CertificateChain } from '../chain/certificate-chain.ts'
import { chainChecks } from '../chain/chain-checks.ts'
import { type CheckRow, holds, unchecked } from '../check-table.ts'
import { isSameBytes } from '../same-bytes.ts'
import type { AttestationObject } from './attestation-object.ts'
import { type AppAttestSubject, trailingBytesCheck } from './app-attest-subject.ts'
import { keyIdOf } from './key-id.ts'
import { policyChecks } from './policy-checks.ts'
import { readAttestedNonce } from './leaf-extensions.ts'
import { nonceOf } from './nonce.ts'
import type { ReceiptResult } from './receipt.ts'

/** What the checks of an attestation look at. */
export type AttestationSubject = AppAttestSubject & {
  readonly object: AttestationObject
  readonly chain: CertificateChain
  readonly leaf: Certificate
  /** Of the leaf: the uncompressed point, or undefined where it is no P-256 key. */
  readonly point: Uint8Array | undefined
  /** Undefined: none that policy names, or where policy names none, none that Apple signed. */
  readonly appId: string | undefined
  /** Undefined: the attestation brought none. */
  readonly receipt: ReceiptResult | undefined
  /** Undefined: not checked. */
  readonly clientData: Uint8Array | undefined
  /** Undefined: not checked. */
  readonly keyId: string | undefined
  /** That of the device which attests, if it has one. */
  readonly registeredKey: AppAttestKey | undefined
}

/**
 * The checks of an App Attest attestation, in the order in which a result lists them.
 *
 * https://developer.apple.com/documentation/devicecheck/validating-apps-that-connect-to-your-server
 */
export const attestationChecks: readonly CheckRow<AttestationSubject>[] = [
  trailingBytesCheck,
  {
    name: 'registeredKey',
    code: 'app_attest_assertion_required',
    kind: 'proof',
    run: ({ registeredKey }) =>
      registeredKey === undefined
        ? unchecked('no key is registered', 'an assertion, where a key is registered')
        : holds(false, `an assertion by ${registeredKey.keyId}`, 'an attestation'),
  },
  {
    name: 'format',
    code: 'app_attest_format_unknown',
    kind: 'proof',
    run: ({ object: { format } }) =>
      holds(format === 'apple-appattest', 'apple-appattest', format.slice(0, 40)),
  },
  ...chainChecks,
  {
    name: 'issuers',
    code: 'app_attest_issuer_not_ca',
    kind: 'proof',
    run: ({ chain: { certificates, end }, leaf }) => {
      const issuers = certificates.slice(1, end?.isIncluded === true ? -1 : undefined)
      const isInShape = !leaf.isCa && issuers.length === 1 && issuers.every(({ isCa }) => isCa)
      return holds(
        isInShape,
        'a leaf that is no CA, issued by one CA under the root',
        certificates.map(({ subject }) => nameText(subject)).join(' < '),
      )
    },
  },
  {
    name: 'keyKind',
    code: 'app_attest_key_kind',
    kind: 'proof',
    run: ({ leaf, point }) => holds(point !== undefined, 'ec-p256', leaf.keyDescription),
  },
  {
    name: 'nonce',
    code: 'app_attest_nonce_mismatch',
    kind: 'proof',
    run: ({ leaf, clientData, object: { authenticatorData } }) => {
      const found = readAttestedNonce(leaf)
      if (found === undefined) return holds(false, 'a nonce in the leaf', 'none')
      if (clientData === undefined) return unchecked(found.toString('hex'))
      const expected = nonceOf(authenticatorData, clientData)
      return holds(isSameBytes(found, expected), expected.toString('hex'), found.toString('hex'))
    },
  },
  {
    name: 'appId',
    code: 'app_attest_app_mismatch',
    kind: 'proof',
    run: ({ appId, authenticatorData: { rpIdHash }, policy: { appIds } }) => {
      const found = appId ?? `SHA-256 ${rpIdHash.toString('hex')}`
      return appIds === undefined
        ? unchecked(found)
        : holds(appId !== undefined, appIds.join(' or '), found)
    },
  },
  {
    name: 'environment',
    code: 'app_attest_environment_unknown',
    kind: 'proof',
    run: ({ environment, object: { authenticatorData } }) =>
      holds(
        environment !== undefined,
        'the AAGUID of production or development',
        environment ?? authenticatorData.aaguid.toString('hex'),
      ),
  },
  {
    name: 'counter',
    code: 'app_attest_counter_not_zero',
    kind: 'proof',
    run: ({ authenticatorData: { counter } }) => holds(counter === 0, '0', `${counter}`),
  },
  {
    name: 'credentialId',
    code: 'app_attest_credential_id_mismatch',
    kind: 'proof',
    run: ({ point, object: { authenticatorData } }) => {
      const { credentialId } = authenticatorData
      const found = credentialId.subarray(0, maxShownBytes).toString('hex')
      if (point === undefined) return holds(false, 'the SHA-256 of a P-256 point', found)
      const expected = keyIdOf(point)
      return holds(isSameBytes(credentialId, expected), expected.toString('hex'), found)
    },
  },
  {
    name: 'credentialKey',
    code: 'app_attest_credential_key_mismatch',
    kind: 'proof',
    run: ({ point, object: { authenticatorData } }) => {
      const found = authenticatorData.point
      const isSame = point !== undefined && found !== undefined && isSameBytes(found, point)
      return holds(isSame, 'the key of the leaf', found?.toString('hex') ?? 'no P-256 key')
    },
  },
  {
    name: 'keyId',
    code: 'app_attest_key_id_mismatch',
    kind: 'proof',
    run: ({ keyId, point }) => {
      const attested = point === undefined ? '' : keyIdOf(point).toString('base64')
      return keyId === undefined
        ? unchecked(attested)
        : holds(isSameBytes(Buffer.from(keyId), Buffer.from(attested)), attested, keyId)
    },
  },
  {
    name: 'receipt',
    code: 'app_attest_receipt_invalid',
    kind: 'policy',
    run: ({ receipt }) => {
      const expected = "Apple's receipt for this key and this app"
      if (receipt === undefined) return holds(false, expected, 'none')
      const failed = receipt.checks.filter(({ outcome }) => outcome === 'failed')
      const found = failed.map(({ name, code, found }) => `${name}: ${code}, ${found}`).join('; ')
      return holds(receipt.accepted, expected, receipt.accepted ? 'it is' : found)
    },
  },
  ...policyChecks,
]

const maxShownBytes = 64
