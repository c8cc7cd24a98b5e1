import { Problem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import { type KeyRequest, readRequest } from '../../enrollment/key-request.ts'
import { type AccountMessage, payloadOf } from './acme-message.ts'
import { attestedIn, enrollAttested } from './enroll-attested.ts'
import { challengeOf } from './identifiers.ts'
import { malformed } from './jws.ts'
import { type OrderWithAuthorizations, readOrder } from './orders.ts'
import { issueServiceCertificate } from './service-certificates.ts'

/**
 * Issues the certificate of an order (RFC 8555 §7.4): of the request its key alone is used. The same
 * request again is answered by the same certificate, also where the authority ended in between. Where the app
 * wants approval, the order is then `processing`.
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
  const isOpen = order.status === 'ready' || order.status === 'processing'
  if (!isOpen || authorization === undefined) {
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
  // The key of the request is the one that was attested.
  'device-attest-01': enrollAttested,
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
