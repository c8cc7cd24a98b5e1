import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import type { RevocationScopeRow, Tables } from '../store/tables.ts'
import { type ListIssuer, readListIssuers } from './list-issuers.ts'
import { fullList, type ListName, publishedPaths } from './published-addresses.ts'

type Wanted = ListName & { readonly address: string }

/**
 * Makes the lists' rows that the configuration needs and that are not there: of each CA of an app with
 * `revocation: published` the full list and its shards, and that of its root, which relying parties want
 * of a chain that they look at whole. A list whose address is another one now keeps
 * those before it: certificates that carry them are about. None is taken away before its CA has ended.
 */
export async function ensureScopes({ store, config, now }: Authority): Promise<void> {
  const wanted = await wantedScopes(store.read, config, now())
  if (wanted.length === 0 || (await missing(store.read, wanted)).length === 0) return
  await store.write(async (tx) => {
    for (const { row, address, issuerId, shard } of await missing(tx, wanted)) {
      if (row === undefined) await insertScope(tx, { issuerId, shard, address })
      else await addAddress(tx, row, address)
    }
  })
}

async function wantedScopes(
  store: Kysely<Tables>,
  { apps, authority: { status } }: Authority['config'],
  now: number,
): Promise<Wanted[]> {
  if (status === undefined) return []
  const isPublished = (appId: string) =>
    Object.hasOwn(apps, appId) && apps[appId]?.certificate.revocation === 'published'
  const issuers = await readListIssuers(store)
  const published = issuers.filter(
    ({ appId, status, certificate }) =>
      appId !== undefined &&
      status === 'active' &&
      certificate.notAfter > now &&
      isPublished(appId),
  )
  const hasServers = Object.values(apps).some(
    ({ certificate, protocols }) =>
      certificate.revocation === 'published' && (protocols.acme?.serviceNames.length ?? 0) > 0,
  )
  const isWanted = ({ root }: ListIssuer) =>
    root === 'service' ? hasServers : published.some((issuer) => issuer.root === root)
  const roots = issuers.filter((issuer) => issuer.appId === undefined && isWanted(issuer))
  const shards = [fullList, ...Array.from({ length: status.shards }, (_, shard) => shard)]
  const names = [
    ...published.flatMap(({ id: issuerId }) => shards.map((shard) => ({ issuerId, shard }))),
    ...roots.map(({ id: issuerId }) => ({ issuerId, shard: fullList })),
  ]
  return names.map((name) => ({ ...name, address: status.url + publishedPaths.list(name) }))
}

async function missing(
  store: Kysely<Tables>,
  wanted: readonly Wanted[],
): Promise<(Wanted & { row: RevocationScopeRow | undefined })[]> {
  const rows = await store.selectFrom('revocation_scopes').selectAll().execute()
  const known = new Map(rows.map((row) => [`${row.issuer_id} ${row.shard}`, row]))
  return wanted
    .map((scope) => ({ ...scope, row: known.get(`${scope.issuerId} ${scope.shard}`) }))
    .filter(({ row, address }) => row === undefined || !addressesOf(row).includes(address))
}

async function insertScope(
  store: Kysely<Tables>,
  { issuerId, shard, address }: Wanted,
): Promise<void> {
  await store
    .insertInto('revocation_scopes')
    .values({
      issuer_id: issuerId,
      shard,
      addresses: JSON.stringify([address]),
      changes: 0,
      last_number: 0,
    })
    .execute()
}

async function addAddress(
  store: Kysely<Tables>,
  row: RevocationScopeRow,
  address: string,
): Promise<void> {
  const addresses = JSON.stringify([address, ...addressesOf(row)].slice(0, maxAddresses))
  await store
    .updateTable('revocation_scopes')
    .set({ addresses })
    .where('issuer_id', '=', row.issuer_id)
    .where('shard', '=', row.shard)
    .execute()
}

/** More than anybody moves while certificates last. */
const maxAddresses = 16

/** Under which a list was and is, newest first. */
export function addressesOf({ addresses }: Pick<RevocationScopeRow, 'addresses'>): string[] {
  // Written above.
  return JSON.parse(addresses) as string[]
}
