import { isGatewayName } from '@sallyport/pki'
import { revokeGateway } from '../gateways/gateways.ts'
import { endIssuer } from '../issuers/end-issuer.ts'
import { revokeServiceCertificate } from '../protocols/acme/service-certificates.ts'
import { disableWebhook } from '../webhooks/webhook-orders.ts'
import { bySubject, type Ending, operator, reasonOf } from './ending.ts'

/** Also those that were added since: a row would else be made at the first call of whoever has their key. */
export const endGateways: Ending = async ({ store, now, tell }, rows) => {
  const named = bySubject(rows)
  const revoked = await store
    .selectFrom('gateways')
    .select('name')
    .where('name', 'in', [...named.keys()])
    .where('status', '=', 'revoked')
    .execute()
  const ended = new Set(revoked.map(({ name }) => name))
  for (const [name, row] of named) {
    if (ended.has(name)) continue
    if (isGatewayName(name)) {
      const revocation = { name, isUnknown: true, reason: reasonOf(row), actor: operator, now }
      await revokeGateway(store, revocation)
    } else {
      tell(row, 'no gateway has such a name')
      ended.add(name)
    }
  }
  return named.size - ended.size
}

export const withdrawIssuers: Ending = async ({ store, now, tell }, rows) => {
  const named = bySubject(rows)
  const known = await store
    .selectFrom('issuers')
    .select(['id', 'status'])
    .where('id', 'in', [...named.keys()])
    .execute()
  const ids = new Set(known.map(({ id }) => id))
  let ended = 0
  for (const [id, row] of named) {
    if (!ids.has(id)) tell(row, 'the CA was made since: nothing here believes it')
  }
  for (const { id, status } of known) {
    const row = named.get(id)
    if (row === undefined || status === 'revoked') continue
    await endIssuer(store, { id, reason: reasonOf(row), actor: operator }, now)
    ended++
  }
  return ended
}

export const revokeServices: Ending = async ({ store, now, tell }, rows) => {
  const named = bySubject(rows)
  const known = await store
    .selectFrom('service_certificates')
    .selectAll()
    .where('thumbprint', 'in', [...named.keys()])
    .execute()
  const thumbprints = new Set(known.map(({ thumbprint }) => thumbprint))
  for (const [thumbprint, row] of named) {
    if (!thumbprints.has(thumbprint)) {
      tell(row, 'the certificate was issued since: no list that is published can name it')
    }
  }
  const counting = known.filter(({ revoked_at }) => revoked_at === null)
  for (const certificate of counting) {
    const row = named.get(certificate.thumbprint)
    const reason = row && reasonOf(row)
    await revokeServiceCertificate(store, { certificate, reason, actor: operator, now })
  }
  return counting.length
}

export const disableWebhooks: Ending = async ({ store, now }, rows) => {
  const named = bySubject(rows)
  const active = await store
    .selectFrom('webhooks')
    .select('name')
    .where('name', 'in', [...named.keys()])
    .where('status', '=', 'active')
    .execute()
  for (const { name } of active) {
    const row = named.get(name)
    const reason = row === undefined ? null : reasonOf(row)
    await disableWebhook(store, { name, reason, actor: operator, now })
  }
  return active.length
}
