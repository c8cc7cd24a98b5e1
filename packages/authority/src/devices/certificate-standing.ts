import { derInteger } from '@sallyport/pki'
import type { Kysely } from 'kysely'
import { listedApps } from '../feed/issued-list.ts'
import { fullList } from '../published/published-addresses.ts'
import { findStatuses } from '../published/ocsp/find-statuses.ts'
import { readListIssuers } from '../published/list-issuers.ts'
import type {
  CertificateRow,
  ChangeRow,
  DeviceRow,
  GatewayRow,
  IssuerRow,
  RevocationListRow,
  Tables,
} from '../store/tables.ts'

/** What is said of one certificate, wherever it is said. */
export type CertificateStanding = {
  readonly certificate: CertificateRow
  readonly device: DeviceRow
  /** Undefined where its CA is not known any more. */
  readonly issuer: Pick<IssuerRow, 'id' | 'status'> | undefined
  readonly feed: {
    /** The last change about it, and about its device; those of what has expired are not kept. */
    readonly changes: readonly Pick<ChangeRow, 'seq' | 'at' | 'kind' | 'status'>[]
    /** Whether gateways know the certificates of its app one by one, and this one is among them. */
    readonly isIssuedListed: boolean
    /** Gateways that have not confirmed the last of these changes. */
    readonly behind: readonly string[]
  }
  /** Undefined where its status is not published. */
  readonly published:
    | {
        readonly status: 'good' | 'revoked' | 'unknown'
        readonly revokedAt: number | undefined
        readonly reason: string | undefined
        readonly lists: readonly ListedIn[]
      }
    | undefined
}

type ListedIn = Pick<RevocationListRow, 'shard' | 'number' | 'this_update' | 'next_update'> & {
  readonly isOn: boolean
}

/** What the registry, the feed and the published status say of a certificate, as of one moment. */
export async function certificateStanding(
  store: Kysely<Tables>,
  certificate: CertificateRow,
): Promise<CertificateStanding> {
  const device = await store
    .selectFrom('devices')
    .selectAll()
    .where('id', '=', certificate.device_id)
    .executeTakeFirstOrThrow()
  const issuer = await store
    .selectFrom('issuers')
    .select(['id', 'status'])
    .where('id', '=', certificate.issuer_id)
    .executeTakeFirst()
  const [feed, published] = [
    await feedOf(store, certificate),
    await publishedOf(store, certificate),
  ]
  return { certificate, device, issuer, feed, published }
}

async function feedOf(
  store: Kysely<Tables>,
  { thumbprint, device_id: deviceId, app_id: appId, status }: CertificateRow,
): Promise<CertificateStanding['feed']> {
  const about = async (kind: 'certificate' | 'device', key: string) =>
    store
      .selectFrom('changes')
      .select(['seq', 'at', 'kind', 'status'])
      .where('kind', '=', kind)
      .where('key', '=', key)
      .orderBy('seq', 'desc')
      .limit(1)
      .execute()
  const changes = [
    ...(await about('certificate', thumbprint)),
    ...(await about('device', deviceId)),
  ]
  const last = Math.max(0, ...changes.map(({ seq }) => seq))
  const gateways: Pick<GatewayRow, 'name'>[] = await store
    .selectFrom('gateways')
    .select('name')
    .where('status', '=', 'active')
    .where('seq', '<', last)
    .orderBy('name')
    .execute()
  const isListed = (await listedApps(store)).includes(appId)
  return {
    changes,
    isIssuedListed: isListed && status === 'active',
    behind: gateways.map(({ name }) => name),
  }
}

async function publishedOf(
  store: Kysely<Tables>,
  { serial, shard, issuer_id: issuerId }: CertificateRow,
): Promise<CertificateStanding['published']> {
  if (shard === null) return undefined
  const issuer = (await readListIssuers(store)).find(({ id }) => id === issuerId)
  if (issuer === undefined) return undefined
  const told = (await findStatuses(store, issuer, [serial]))(serial)
  const lists = await store
    .selectFrom('revocation_lists')
    .select(['shard', 'number', 'this_update', 'next_update', 'der'])
    .where('issuer_id', '=', issuerId)
    .where('shard', 'in', [shard, fullList])
    .orderBy('shard')
    .execute()
  // A list may have a million entries: its bytes are searched for the serial number, which is of 16 random ones.
  const entry = derInteger(
    Buffer.from(serial.padStart(serial.length + (serial.length % 2), '0'), 'hex'),
  )
  return {
    status: told.status,
    revokedAt: told.status === 'revoked' ? told.revokedAt : undefined,
    reason: told.status === 'revoked' ? told.reason : undefined,
    lists: lists.map(({ der, ...list }) => ({ ...list, isOn: Buffer.from(der).includes(entry) })),
  }
}
