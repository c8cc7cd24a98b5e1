import { verify } from 'node:crypto'
import { type DeviceIdentity, parseCertificate } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { fromBase64url, type RenewalRequest, renewalProofBase } from '@sallyport/wire'
import type { Authority } from '../authority.ts'
import type { AppConfig } from '../config/app-config.ts'
import { appOf } from '../config/app-of.ts'
import { refuseOutOfDate, verifyOwnCertificate } from '../devices/authenticate-device.ts'
import { type Challenge, openChallenge } from '../enrollment/challenge.ts'
import { type KeyRequest, readKeyRequest } from '../enrollment/key-request.ts'
import { refuseLate } from './grace.ts'

/** A renewal whose sender proved that it holds the key of the certificate it renews. */
export type Renewal = {
  identity: DeviceIdentity
  appId: string
  app: AppConfig
  request: KeyRequest
  /** Where the message brought one: with a proof, or with evidence. */
  challenge: Challenge | undefined
}

/**
 * Who renews: by the certificate of the connection, or, with `certificate`, `challenge` and `proof`
 * in the message, by a signature of that certificate's key, until its grace period is over.
 *
 * @param peer the client certificate of the connection, where `verifyOwnCertificate` believes one
 *
 * Not checked: status, and whether the challenge was used or has expired.
 *
 * @throws Problem of the areas device and enrolment
 */
export function renewalCaller(
  authority: Authority,
  message: RenewalRequest,
  peer: DeviceIdentity | undefined,
): Renewal {
  if (message.proof !== undefined || message.certificate !== undefined) {
    return callerByProof(authority, message)
  }
  if (peer === undefined) throw new Problem('device_certificate_required')
  refuseOutOfDate(peer, authority.now())
  return renewalOf(authority, message, peer)
}

function callerByProof(authority: Authority, message: RenewalRequest): Renewal {
  const { certificate = '', proof: signature = '', challenge } = message
  const der = fromBase64url(certificate)
  const proof = fromBase64url(signature)
  if (!der?.length || !proof?.length || challenge === undefined) {
    throw new Problem('message_malformed', {
      detail: 'A renewal by signature has certificate, challenge and proof, each in base64url',
    })
  }
  const identity = verifyOwnCertificate(authority.issuers, der)
  const renewal = renewalOf(authority, message, identity)
  refuseLate(identity, renewal.app, authority.now())
  const signed = renewalProofBase(
    renewal.challenge?.bytes ?? new Uint8Array(),
    renewal.request.spki,
  )
  if (!verify('sha256', signed, parseCertificate(der).publicKey, proof)) {
    throw new Problem('renewal_proof_invalid', {
      expected: 'a signature by the key of the certificate over challenge and new key',
      found: 'one that does not verify',
    })
  }
  return renewal
}

function renewalOf(
  authority: Authority,
  message: RenewalRequest,
  identity: DeviceIdentity,
): Renewal {
  refuseUnattested(authority, identity)
  const appId = identity.appId ?? ''
  const app = appOf(authority.config.apps, appId)
  const scope = { appId, purpose: 'renew' } as const
  return {
    identity,
    appId,
    app,
    challenge:
      message.challenge === undefined
        ? undefined
        : openChallenge(authority.challengeKey, scope, message.challenge),
    request: readKeyRequest(message.csr, app),
  }
}

/** What came by a protocol that proves nothing shares no lineage with what was attested. */
function refuseUnattested({ issuers }: Authority, { issuerSpki }: DeviceIdentity): void {
  if (issuers.byId(issuerSpki)?.kind !== 'unattested') return
  throw new Problem('renewal_protocol_mismatch', {
    expected: 'a certificate that this API issued',
    found: 'one of a CA for devices that prove nothing',
  })
}
