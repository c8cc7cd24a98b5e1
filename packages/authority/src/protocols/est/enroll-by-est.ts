import { Problem } from '@sallyport/problem'
import type { Certificate } from '@sallyport/pki'
import type { Authority, Caller } from '../../authority.ts'
import type { AppConfig } from '../../config/app-config.ts'
import {
  type AuthenticatedDevice,
  verifyOwnCertificate,
} from '../../devices/authenticate-device.ts'
import type { KeyRequest } from '../../enrollment/key-request.ts'
import { policyGate } from '../../enrollment/policy-gate.ts'
import { enrollOrWait, type OrderOutcome } from '../enroll-or-wait.ts'
import type { ProtocolOrder } from '../protocol-order.ts'
import { renewByProtocol } from '../renew-by-protocol.ts'
import { type TokenCredential, tokenCredential } from '../token-credential.ts'
import { unattestedAdmission } from '../unattested-admission.ts'
import { type EstClient, type EstCredentials, estClient } from './est-client.ts'
import type { EstConfig } from './est-config.ts'
import { readEstRequest } from './read-request.ts'
import { vouchedCredential } from './vouched-credential.ts'

/** An app whose devices enrol by EST. */
export type EstApp = {
  appId: string
  app: AppConfig
  est: EstConfig
  clientCas: readonly Certificate[]
}

export type EstMessage = EstCredentials & { body: Uint8Array | undefined; caller: Caller }

/**
 * simpleenroll (RFC 7030 §4.2.1). A device of ours that calls with its certificate renews it: it enrols no
 * other one. Of the request its key alone is used: names are ours.
 *
 * @throws Problem `enrollment_token_required`, `enrollment_token_invalid`,
 *   `enrollment_failures_too_often`, those of `readEstRequest`, `enrollOrWait` and `renewByProtocol`
 */
export async function enrollByEst(
  authority: Authority,
  place: EstApp,
  message: EstMessage,
): Promise<OrderOutcome> {
  const { appId, app, est, clientCas } = place
  const { caller } = message
  const most = app.enrollment.limits.failuresPerAddressPerHour
  const from = { appId, address: caller.address, most }
  authority.failedAttempts.refuseTooMany(from, policyGate('enforce'))
  const client = estClient(authority, message, clientCas)
  const request = readEstRequest(message.body, est.keyKinds)
  if (client.kind === 'device') {
    return { enrolled: await renew(authority, place, { ...client, request, caller }) }
  }
  return enrollOrWait(authority, {
    protocol: 'est',
    appId,
    app,
    request,
    admission: unattestedAdmission(est, authority.now()),
    maxPerHour: est.maxPerHour,
    caller,
    ...(await credentialOf(authority, client, { appId, request, caller })),
  })
}

/**
 * simplereenroll (RFC 7030 §4.2.2), over mutual TLS with the current certificate. The clause has the names
 * of the request be those of the certificate; ours has none that the device chose, and the new one has the
 * same again, whatever the request says.
 *
 * @throws Problem `device_certificate_required`, those of `verifyOwnCertificate`, `readEstRequest` and
 *   `renewByProtocol`
 */
export async function reenrollByEst(
  authority: Authority,
  place: EstApp,
  { peer, body, caller }: EstMessage,
): Promise<AuthenticatedDevice> {
  if (peer === undefined) throw new Problem('device_certificate_required')
  const request = readEstRequest(body, place.est.keyKinds)
  return renew(authority, place, { certificate: peer, request, caller })
}

function renew(
  authority: Authority,
  { appId, app, est: settings }: EstApp,
  {
    certificate,
    request,
    caller,
  }: { certificate: Uint8Array; request: KeyRequest; caller: Caller },
): Promise<AuthenticatedDevice> {
  const identity = verifyOwnCertificate(authority.issuers, certificate)
  const renewal = { protocol: 'est', appId, app, settings, identity, request, caller } as const
  return renewByProtocol(authority, renewal)
}

function credentialOf(
  { store, now }: Authority,
  client: Exclude<EstClient, { kind: 'device' }>,
  { appId, request, caller }: { appId: string; request: KeyRequest; caller: Caller },
): Promise<TokenCredential & Pick<ProtocolOrder, 'record'>> {
  const { spkiSha256 } = request
  if (client.kind === 'token') {
    const order = { protocol: 'est', appId, spkiSha256, now: now(), caller } as const
    return tokenCredential(store.read, client.text, order)
  }
  const { thumbprint } = client.certificate
  return Promise.resolve(vouchedCredential(thumbprint, { appId, spkiSha256 }))
}
