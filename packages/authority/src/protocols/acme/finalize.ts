import { Problem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import { type KeyRequest, readRequest } from '../../enrollment/key-request.ts'
import { enrollByProtocol } from '../enroll-by-protocol.ts'
import { type AccountMessage, payloadOf } from './acme-message.ts'
import { completeOrder, countOrder } from './complete-order.ts'
import type { AttestedEvidence } from './device-attest.ts'
import { challengeOf } from './identifiers.ts'
import { malformed } from './jws.ts'
import { type OrderWithAuthorizations, readOrder } from './orders.ts'
import { issueServiceCertificate } from './service-certificates.ts'
import { refuseBarred, supersedeNamesakes } from './same-device.ts'

/**
 * Issues the certificate of an order (RFC 8555 §7.4): of the request its key alone is used. The same
 * request again is answered by the same certificate, also where the authority ended in between.
 *
 * @throws Problem `acme_order_not_ready`, `acme_csr_mismatch`, those of signing requests and of enrolment
 */
export async function finalizeOrder(
  authority: Authority,
  message: AccountMessage,
  found: OrderWithAuthorizations,
): Promise<OrderWithAuthorizations> {
  const { order, authorizations } = found
  const { account } = message
  const [authorization] = authorizations
  const request = readCsr(authority, message, found)
  refuseOtherKey(message, found, request)
  if (order.status === 'valid') return found
  if (order.status !== 'ready' || authorization === undefined) {
    const expected = 'an order that is ready'
    throw new Problem('acme_order_not_ready', { expected, found: `one that is ${order.status}` })
  }
  const issue = issuers[challengeOf(authorization.identifier_type)]
  await issue(authority, message, found, request)
  const now = authority.now()
  return readOrder(authority.store.read, { id: order.id, accountId: account.id, now })
}

/** What is issued for what was proven. */
const issuers: Readonly<
  Record<
    ReturnType<typeof challengeOf>,
    (
      authority: Authority,
      message: AccountMessage,
      found: OrderWithAuthorizations,
      request: KeyRequest,
    ) => Promise<void>
  >
> = {
  'device-attest-01': enroll,
  'http-01': (authority, _message, { order }, request) =>
    issueServiceCertificate(authority, order, request),
}

function readCsr(
  { config }: Authority,
  message: AccountMessage,
  { order, authorizations }: OrderWithAuthorizations,
): KeyRequest {
  const { csr } = payloadOf(message)
  const der = typeof csr === 'string' ? fromBase64url(csr) : undefined
  if (der === undefined) throw malformed('csr in base64url', typeof csr)
  const { certificate } = appOf(config.apps, message.appId)
  const { keyKinds } = message.acme
  // Which was certified is known of an order that is done: nothing is issued.
  if (order.status === 'valid') return readRequest(der, [...certificate.keyKinds, ...keyKinds])
  const kind = attestedIn(authorizations)?.admission.kind ?? 'unattested'
  return readRequest(der, kind === 'unattested' ? keyKinds : certificate.keyKinds)
}

/** The key that was attested, or that was certified before; never the account's (RFC 8555 §11.1). */
function refuseOtherKey(
  { account }: AccountMessage,
  { order: { spki_sha256: expected } }: OrderWithAuthorizations,
  { spkiSha256 }: KeyRequest,
): void {
  if (spkiSha256 === account.key.spkiSha256) {
    throw new Problem('acme_csr_mismatch', {
      expected: 'a key of its own',
      found: 'the key of the account',
    })
  }
  if (expected === null || expected === spkiSha256) return
  throw new Problem('acme_csr_mismatch', {
    expected: `the key ${expected}, of which the order is`,
    found: `the key ${spkiSha256}`,
  })
}

function attestedIn(
  authorizations: OrderWithAuthorizations['authorizations'],
): AttestedEvidence | undefined {
  const evidence = authorizations.find((one) => one.evidence !== null)?.evidence
  return typeof evidence === 'string' ? (JSON.parse(evidence) as AttestedEvidence) : undefined
}

async function enroll(
  authority: Authority,
  { appId, acme, account, caller }: AccountMessage,
  { order, authorizations }: OrderWithAuthorizations,
  request: KeyRequest,
): Promise<void> {
  const attested = attestedIn(authorizations)
  if (attested === undefined) throw new TypeError(`order ${order.id} has no evidence`)
  const { admission, appraisal, identifier, identifiers } = attested
  await enrollByProtocol(authority, {
    protocol: 'acme',
    appId,
    app: appOf(authority.config.apps, appId),
    request,
    admission,
    appraisal,
    reference: order.id,
    authorizedBy:
      account.credential_id === null
        ? `account:${account.id}`
        : `credential:${account.credential_id}`,
    identifier: identifier ?? undefined,
    maxPerHour: acme.maxPerHour,
    use: async (store, { usedFor: deviceId, thumbprint, now }) => {
      if (thumbprint === undefined) throw new TypeError(`order ${order.id} waits for nobody`)
      const isDevelopment = admission.kind === 'development'
      if (identifiers.length > 0 && admission.kind !== 'unattested') {
        const named = { appId, identifiers, isDevelopment, deviceId, now }
        await refuseBarred(store, named, account)
        await supersedeNamesakes(store, named)
      }
      await completeOrder(store, order, { thumbprint, spkiSha256: request.spkiSha256, now })
    },
    caller,
  })
  countOrder(authority, admission.kind)
}
