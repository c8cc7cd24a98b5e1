import { isRevocationReason, type RevocationReason } from '@sallyport/pki'
import type { CertificateStatus, DeviceStatus } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { CertificateRow, RevocationRow, Tables } from '../store/tables.ts'
import { fullList } from './published-addresses.ts'

/**
 * How a status is published. `certificateHold` is what X.509 calls a suspension: everybody who looks at
 * a list refuses it, and it alone may be taken off a list again (RFC 5280 §5.3.1).
 */
const reasons: Readonly<
  Record<Exclude<CertificateStatus | DeviceStatus, 'active'>, RevocationReason | null>
> = {
  suspended: 'certificateHold',
  superseded: 'superseded',
  revoked: null,
}

/** What weighs more takes the place of what weighs less; what is said stays said. */
function weightOf(reason: RevocationReason | null): number {
  if (reason === 'certificateHold') return 0
  if (reason === 'superseded') return 1
  return reason === null ? 2 : 3
}

type Published = Pick<CertificateRow, 'serial' | 'issuer_id' | 'shard' | 'not_after'>

/**
 * Publishes that a certificate ended, in the write that ends it. The words of whoever ended it count as
 * a reason where they are the name of one: `keyCompromise`.
 */
export async function publishCertificate(
  store: Kysely<Tables>,
  certificate: Published,
  { status, reason, now }: { status: 'superseded' | 'revoked'; reason: string; now: number },
): Promise<void> {
  const named = status === 'revoked' ? namedReason(reason) : null
  await publish(store, [certificate], { now, reason: named ?? reasons[status] })
}

/**
 * The reason that words are the name of. A hold is none of what ended for ever: it would be taken off its list
 * when the device is resumed.
 */
export function namedReason(words: string): RevocationReason | null {
  return isRevocationReason(words) && words !== 'certificateHold' ? words : null
}

/**
 * Publishes the certificates of devices whose status changed, in the write that changes it.
 *
 * @param deviceIds few enough for one statement
 */
export async function publishDevices(
  store: Kysely<Tables>,
  deviceIds: readonly string[],
  { status, now }: { status: DeviceStatus; now: number },
): Promise<void> {
  const certificates = await store
    .selectFrom('certificates')
    .select(['serial', 'issuer_id', 'shard', 'not_after'])
    .where('device_id', 'in', deviceIds)
    .where('not_after', '>', now)
    .where('shard', 'is not', null)
    .execute()
  if (status === 'active') await unpublish(store, certificates)
  else await publish(store, certificates, { now, reason: reasons[status] })
}

async function publish(
  store: Kysely<Tables>,
  certificates: readonly Published[],
  { now, reason }: { now: number; reason: RevocationReason | null },
): Promise<void> {
  const rows = certificates.flatMap(({ serial, issuer_id, shard, not_after }): RevocationRow[] =>
    shard === null ? [] : [{ serial, issuer_id, shard, not_after, revoked_at: now, reason }],
  )
  if (rows.length === 0) return
  const known = (await rowsOf(store, rows)).map(
    (row) => [nameOf(row), weightOf(row.reason)] as const,
  )
  const before = new Map(known)
  const added = rows.filter((row) => !before.has(nameOf(row)))
  const worse = rows.filter((row) => (before.get(nameOf(row)) ?? 3) < weightOf(reason))
  if (added.length > 0) await store.insertInto('revocations').values(added).execute()
  for (const [issuerId, serials] of serialsByIssuer(worse)) {
    // Since when it is refused stays what it was.
    await store
      .updateTable('revocations')
      .set({ reason })
      .where('issuer_id', '=', issuerId)
      .where('serial', 'in', serials)
      .execute()
  }
  await markChanged(store, [...added, ...worse])
}

/** Takes those on hold off their lists. */
async function unpublish(store: Kysely<Tables>, certificates: readonly Published[]): Promise<void> {
  for (const [issuerId, serials] of serialsByIssuer(certificates)) {
    const lifted = await store
      .deleteFrom('revocations')
      .where('issuer_id', '=', issuerId)
      .where('serial', 'in', serials)
      .where('reason', '=', 'certificateHold')
      .returning(['issuer_id', 'shard'])
      .execute()
    await markChanged(store, lifted)
  }
}

type Named = Pick<RevocationRow, 'issuer_id' | 'serial'>

/** A serial number is its issuer's own. */
const nameOf = ({ issuer_id, serial }: Named) => `${issuer_id} ${serial}`

function serialsByIssuer(rows: readonly Named[]): (readonly [string, string[]])[] {
  const byIssuer = Map.groupBy(rows, ({ issuer_id }) => issuer_id)
  return [...byIssuer].map(([id, same]) => [id, same.map(({ serial }) => serial)] as const)
}

async function rowsOf(store: Kysely<Tables>, named: readonly Named[]): Promise<RevocationRow[]> {
  const found: RevocationRow[] = []
  for (const [issuerId, serials] of serialsByIssuer(named)) {
    const rows = await store
      .selectFrom('revocations')
      .selectAll()
      .where('issuer_id', '=', issuerId)
      .where('serial', 'in', serials)
      .execute()
    found.push(...rows)
  }
  return found
}

/** The lists that a change is on are behind it from now on. */
async function markChanged(
  store: Kysely<Tables>,
  rows: readonly Pick<RevocationRow, 'issuer_id' | 'shard'>[],
): Promise<void> {
  const byIssuer = Map.groupBy(rows, ({ issuer_id }) => issuer_id)
  for (const [issuerId, same] of byIssuer) {
    const shards = new Set(same.map(({ shard }) => shard)).add(fullList)
    await store
      .updateTable('revocation_scopes')
      .set((row) => ({ changes: row('changes', '+', 1) }))
      .where('issuer_id', '=', issuerId)
      .where('shard', 'in', [...shards])
      .execute()
  }
}
