import { createHash } from 'node:crypto'
import type { RevocationReason } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Authority } from '../../authority.ts'
import { endCertificate } from '../../devices/certificate-status.ts'
import type { Tables } from '../../store/tables.ts'
import { type AcmeMessage, payloadOf } from './acme-message.ts'
import { malformed } from './jws.ts'
import { findServiceCertificate, revokeServiceCertificate } from './service-certificates.ts'

/** Why a holder may say that it revokes: of the others, it is not the one who knows (RFC 5280 §5.3.1). */
const reasons: ReadonlyMap<unknown, RevocationReason | undefined> = new Map([
  [0, undefined],
  [1, 'keyCompromise'],
  [3, 'affiliationChanged'],
  [4, 'superseded'],
  [5, 'cessationOfOperation'],
])

/** A certificate that ACME issued, and how it ends. */
type Revocable = {
  readonly spkiSha256: string
  /** Whose order it was. */
  readonly accountId: string | undefined
  readonly isRevoked: boolean
  readonly revoke: (facts: {
    reason: RevocationReason | undefined
    actor: string
    now: number
  }) => Promise<unknown>
}

/**
 * Revokes a certificate (RFC 8555 §7.6), by the account that ordered it or by its own key.
 *
 * @throws Problem `acme_revocation_refused`, `acme_revocation_reason_refused`, `acme_already_revoked`
 */
export async function revokeCertificate(authority: Authority, message: AcmeMessage): Promise<void> {
  const { certificate, reason: number } = payloadOf(message)
  const der = typeof certificate === 'string' ? fromBase64url(certificate) : undefined
  if (der === undefined) throw malformed('certificate in base64url', typeof certificate)
  if (number !== undefined && !reasons.has(number)) {
    throw new Problem('acme_revocation_reason_refused', {
      expected: [...reasons.keys()].join(', '),
      found: typeof number === 'number' ? String(number) : typeof number,
    })
  }
  const reason = reasons.get(number)
  const thumbprint = createHash('sha256').update(der).digest('base64url')
  const { account, key } = message
  const actor = account === undefined ? `key:${key.spkiSha256}` : `acme:${account.id}`
  await authority.store.write(async (tx) => {
    const found = await findRevocable(tx, message.appId, thumbprint)
    const isAllowed =
      found !== undefined &&
      (account === undefined ? found.spkiSha256 === key.spkiSha256 : found.accountId === account.id)
    if (!isAllowed) {
      const expected = 'the account that ordered it, or its key'
      throw new Problem('acme_revocation_refused', { expected, found: actor })
    }
    if (found.isRevoked) {
      const expected = 'a certificate that is not revoked'
      throw new Problem('acme_already_revoked', { expected, found: thumbprint })
    }
    await found.revoke({ reason, actor, now: authority.now() })
  })
}

async function findRevocable(
  store: Kysely<Tables>,
  appId: string,
  thumbprint: string,
): Promise<Revocable | undefined> {
  return (
    (await findServers(store, appId, thumbprint)) ?? (await findDevices(store, appId, thumbprint))
  )
}

async function findServers(
  store: Kysely<Tables>,
  appId: string,
  thumbprint: string,
): Promise<Revocable | undefined> {
  const row = await findServiceCertificate(store, thumbprint)
  if (row?.app_id !== appId) return undefined
  return {
    spkiSha256: row.spki_sha256,
    accountId: row.account_id,
    isRevoked: row.revoked_at !== null,
    revoke: (facts) => revokeServiceCertificate(store, { certificate: row, ...facts }),
  }
}

/** Of devices, those that ACME enrolled: the others have ways of their own. */
async function findDevices(
  store: Kysely<Tables>,
  appId: string,
  thumbprint: string,
): Promise<Revocable | undefined> {
  const row = await store
    .selectFrom('certificates')
    .innerJoin('devices', 'devices.id', 'certificates.device_id')
    .selectAll('certificates')
    .where('certificates.thumbprint', '=', thumbprint)
    .where('certificates.app_id', '=', appId)
    .where('devices.protocol', '=', 'acme')
    .executeTakeFirst()
  if (row === undefined) return undefined
  const order = await store
    .selectFrom('acme_orders')
    .select('account_id')
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst()
  return {
    spkiSha256: row.spki_sha256,
    accountId: order?.account_id,
    isRevoked: row.status === 'revoked',
    revoke: ({ reason = 'unspecified', actor, now }) =>
      endCertificate(store, { certificate: row, status: 'revoked', reason, actor, now }),
  }
}
