import type { Assurance } from '@sallyport/wire'
import type { AppAttestKey, AttestationResult, Claims } from '../attestation-result.ts'
import { certificateClaims } from '../chain/certificate-claims.ts'
import { parseChain } from '../chain/chain-evidence.ts'
import { strictChain } from '../chain/strict-chain.ts'
import { runChecks } from '../check-table.ts'
import { type EvidenceFault, malformedResult, wellFormed } from '../malformed-result.ts'
import type { TrustMaterial } from '../trust.ts'
import { findAppId } from './app-id.ts'
import { attestationChecks, type AttestationSubject } from './attestation-checks.ts'
import { maxAttestationBytes, readAttestationObject } from './attestation-object.ts'
import { authenticatorClaims } from './authenticator-claims.ts'
import { provenByAppAttest } from './app-attest-subject.ts'
import { keyIdOf, pointOf } from './key-id.ts'
import { environmentOf } from './environment.ts'
import { type LeafFacts, readLeafFacts } from './leaf-extensions.ts'
import type { AppAttestPolicy } from './policy.ts'
import { readReceipt } from './receipt.ts'
import { readObject } from './read-object.ts'

export type AppAttestationOptions = {
  /** CBOR, as `attestKey` returned it. */
  readonly attestation: Uint8Array
  /** Base64, as `generateKey` returned it. Undefined: not checked. */
  readonly keyId?: string | undefined
  /** What the app handed the SHA-256 of to `attestKey`. Undefined: not checked. */
  readonly clientData?: Uint8Array | undefined
  /** Milliseconds. */
  readonly at: number
  readonly trust: Pick<TrustMaterial, 'appAttest' | 'appAttestReceipts'>
  readonly policy: AppAttestPolicy
  readonly minimumAssurance?: Assurance | undefined
  /** Of the device, if it has one: then it must assert with that, and attest no other. */
  readonly registeredKey?: AppAttestKey | undefined
}

/**
 * Appraises an App Attest attestation: that a genuine app on a genuine device made a key and vouches
 * with it for the client data. Where the key of a certificate lives that the client data name, it
 * cannot tell: assurance `app-attested`, never more. The result has the key that assertions are to come
 * from. Hostile bytes are failed checks. Certificates are asked for this time, and never again.
 */
export function appraiseAppAttestation(options: AppAttestationOptions): AttestationResult {
  const read = readSubject(options)
  if ('expected' in read) return malformedResult('apple-app-attest', attestationChecks, read)
  const { subject, leafFacts } = read
  const { checks, accepted, proven } = runChecks(attestationChecks, subject)
  const { osVersion } = leafFacts
  const key = proven ? registeredKeyOf(subject) : undefined
  return {
    format: 'apple-app-attest',
    accepted,
    assurance: proven ? provenByAppAttest : 'unattested',
    development: subject.chain.end?.anchor.development ?? false,
    checks: [wellFormed('an attestation object', `${options.attestation.length} bytes`), ...checks],
    claims: claimsOf(subject, leafFacts),
    facts: osVersion === undefined || !proven ? {} : { osVersion },
    ...(key === undefined ? {} : { appAttestKey: key }),
  }
}

function readSubject(
  options: AppAttestationOptions,
): { subject: AttestationSubject; leafFacts: LeafFacts } | EvidenceFault {
  const { attestation, at, trust, policy } = options
  const object = readObject(attestation, maxAttestationBytes, readAttestationObject)
  if ('expected' in object) return object
  const certificates = parseChain(object.chain)
  if (!Array.isArray(certificates)) return certificates
  const [leaf] = certificates
  if (leaf === undefined) return { expected: 'certificates', found: 'none' }
  const { authenticatorData } = object
  const leafFacts = readLeafFacts(leaf)
  const signedAppId = leafFacts.claims['appId']
  const appId = findAppId(
    authenticatorData.rpIdHash,
    policy.appIds ?? (typeof signedAppId === 'string' ? [signedAppId] : []),
  )
  const subject: AttestationSubject = {
    object,
    authenticatorData,
    trailingBytes: object.trailingBytes + authenticatorData.trailingBytes,
    environment: environmentOf(authenticatorData.aaguid),
    policy,
    minimumAssurance: options.minimumAssurance,
    chain: strictChain(certificates, trust.appAttest.anchors, at),
    leaf,
    point: leaf.keyKind === 'ec-p256' ? pointOf(leaf.spki) : undefined,
    appId,
    receipt:
      object.receipt === undefined
        ? undefined
        : readReceipt(object.receipt, {
            anchors: trust.appAttestReceipts.anchors,
            spki: leaf.spki,
            appId,
          }),
    clientData: options.clientData,
    keyId: options.keyId,
    registeredKey: options.registeredKey,
  }
  return { subject, leafFacts }
}

function registeredKeyOf(subject: AttestationSubject): AppAttestKey | undefined {
  const { point, appId, environment, object, leaf, receipt } = subject
  if (point === undefined || appId === undefined || environment === undefined) return undefined
  const verified = receipt?.accepted === true ? object.receipt : undefined
  return {
    keyId: keyIdOf(point).toString('base64'),
    spki: Buffer.from(leaf.spki),
    counter: 0,
    environment,
    appId,
    ...(verified === undefined ? {} : { receipt: Buffer.from(verified) }),
  }
}

function claimsOf(subject: AttestationSubject, leafFacts: LeafFacts): Claims {
  const { object, chain, appId, environment, receipt, point } = subject
  const { aaguid, credentialId } = object.authenticatorData
  return {
    format: object.format.slice(0, 100),
    ...(point === undefined ? {} : { keyId: keyIdOf(point).toString('base64') }),
    ...(appId === undefined ? {} : { appId }),
    ...(environment === undefined ? {} : { environment }),
    authenticatorData: {
      ...authenticatorClaims(object.authenticatorData),
      aaguid: aaguid.toString('hex'),
      credentialId: credentialId.toString('hex'),
    },
    leaf: leafFacts.claims,
    certificates: certificateClaims(chain.certificates),
    receipt: receipt === undefined ? null : receipt.claims,
  }
}
