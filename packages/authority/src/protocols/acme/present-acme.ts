import type { AcmeAccountRow, AcmeAuthorizationRow } from '../../store/tables.ts'
import type { AcmeUrls } from './acme-urls.ts'
import { statusOf } from './authorizations.ts'
import { challengeOf } from './identifiers.ts'
import type { OrderWithAuthorizations } from './orders.ts'

const time = (milliseconds: number) => new Date(Math.floor(milliseconds)).toISOString()

/** JSON of ours that is passed on as it is. */
const stored = (text: string | null): object =>
  text === null ? {} : { error: JSON.parse(text) as unknown }

/** RFC 8555 §7.1.1. */
export function presentDirectory(urls: AcmeUrls, externalAccountRequired: boolean) {
  const { newNonce, newAccount, newOrder, revokeCert, keyChange, renewalInfo } = urls
  const meta = { externalAccountRequired }
  return { newNonce, newAccount, newOrder, revokeCert, keyChange, renewalInfo, meta }
}

/** RFC 8555 §7.1.2. Contacts are not kept. */
export const presentAccount = ({ id, status }: AcmeAccountRow, urls: AcmeUrls) => ({
  status,
  orders: urls.orders(id),
})

/** RFC 8555 §7.1.3. */
export function presentOrder({ order, authorizations }: OrderWithAuthorizations, urls: AcmeUrls) {
  return {
    status: order.status,
    expires: time(order.expires_at),
    identifiers: JSON.parse(order.identifiers) as unknown,
    authorizations: authorizations.map(({ id }) => urls.authorization(id)),
    finalize: urls.finalize(order.id),
    ...(order.thumbprint === null ? {} : { certificate: urls.certificate(order.id) }),
    ...stored(order.error),
  }
}

/** RFC 8555 §7.1.4. */
export function presentAuthorization(row: AcmeAuthorizationRow, urls: AcmeUrls, now: number) {
  return {
    identifier: { type: row.identifier_type, value: row.identifier_value },
    status: statusOf(row, now),
    expires: time(row.expires_at),
    challenges: [presentChallenge(row, urls)],
  }
}

/** RFC 8555 §8. */
export function presentChallenge(row: AcmeAuthorizationRow, urls: AcmeUrls) {
  const isAnswered = row.status === 'valid' || row.status === 'invalid'
  return {
    type: challengeOf(row.identifier_type),
    url: urls.challenge(row.id),
    status: isAnswered ? row.status : 'pending',
    token: row.token,
    ...(row.validated_at === null ? {} : { validated: time(row.validated_at) }),
    ...stored(row.error),
  }
}
