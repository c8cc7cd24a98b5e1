import {
  type AppAttestKey,
  type AttestationResult,
  appAttestKeyId,
  appraiseAppAttestation,
  appraiseAssertion,
} from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'
import { given } from './option-values.ts'
import { clientDataOf, type VerificationRequest } from './verification-request.ts'
import type { Verifier } from './verifier.ts'

/** Attestations, made once for a key, and the assertions that the key makes from then on. */
export const appAttest: Verifier = {
  format: 'apple-app-attest',
  options: [
    'roots',
    'minimumAssurance',
    'appId',
    'keyId',
    'clientData',
    'environment',
    'publicKey',
    'counter',
  ],
  verify(file, request) {
    if (file.kind !== 'cbor') return undefined
    const { cbor } = file
    const keyId = request.keyId ?? file.keyId
    const asked = given({ keyId, clientData: clientDataOf(request) })
    if (isAssertion(cbor)) return verifyAssertion(cbor, asked, request)
    const { at, trust, policy } = request
    const { apple = {}, minimumAssurance } = policy
    const options = { attestation: cbor, at, trust, policy: apple, ...asked }
    return appraiseAppAttestation({ ...options, ...given({ minimumAssurance }) })
  },
}

type Asked = { keyId?: string; clientData?: Uint8Array }

/** An attestation has no member of this name. Which of the two it is decides what is asked, not what passes. */
function isAssertion(cbor: Buffer): boolean {
  return cbor.includes('authenticatorData')
}

function verifyAssertion(
  assertion: Buffer,
  asked: Asked,
  { publicKey, counter, policy: { apple = {}, minimumAssurance } }: VerificationRequest,
): AttestationResult {
  const [appId] = apple.appIds ?? []
  const [environment] = apple.environments ?? []
  if (
    publicKey === undefined ||
    counter === undefined ||
    appId === undefined ||
    environment === undefined
  ) {
    throw new Problem('command_usage', {
      detail: 'An assertion is held against the key that an attestation registered',
      expected:
        '--public-key, --app-id, --environment, and --counter of the assertion before (0 where there was none)',
    })
  }
  const key: AppAttestKey = {
    keyId: appAttestKeyId(publicKey),
    spki: publicKey,
    counter,
    environment,
    appId,
  }
  const options = { assertion, key, policy: apple, ...asked }
  return appraiseAssertion({ ...options, ...given({ minimumAssurance }) })
}
