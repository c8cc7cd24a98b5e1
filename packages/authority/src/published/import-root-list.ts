import { type CertificateList, isListOf, parseCertificateList } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import type { Tables } from '../store/tables.ts'
import { keepList } from './issue-list.ts'
import { type ListIssuer, readListIssuers } from './list-issuers.ts'
import { fullList } from './published-addresses.ts'

/** An offline root's list has a few CAs on it. */
const maxBytes = 32 * 1024

/**
 * Publishes a list that a root signed where its key is, in the place of the one before.
 *
 * @returns the id of the root
 * @throws Problem `revocation_list_refused`
 */
export async function importRootList(
  store: Kysely<Tables>,
  { der, actor, now }: { der: Buffer; actor: string; now: number },
): Promise<string> {
  const list = read(der)
  const root = (await readListIssuers(store)).find(
    ({ appId, certificate }) => appId === undefined && isListOf(list, certificate),
  )
  if (root === undefined) throw refused('a list that a root of this deployment signed', 'another')
  if (list.scope !== undefined) throw refused('a list of all CAs of the root', 'one of some')
  if (list.nextUpdate <= now || list.thisUpdate > now) {
    const time = (ms: number) => new Date(ms).toISOString()
    throw refused('a list in date', `one from ${time(list.thisUpdate)} to ${time(list.nextUpdate)}`)
  }
  await requireWithdrawn(store, root, list, now)
  const before = await keep(store, root, list)
  await appendAudit(store, {
    at: now,
    actor,
    action: 'list.imported',
    subject: root.id,
    detail: {
      entries: list.revoked.size,
      nextUpdate: list.nextUpdate,
      ...changed({ number: before }, { number: list.number }),
    },
  })
  return root.id
}

function read(der: Buffer): CertificateList {
  try {
    return parseCertificateList(der, maxBytes)
  } catch (error) {
    if (!isProblem(error)) throw error
    throw refused(error.expected ?? 'a certificate revocation list', error.found ?? error.message)
  }
}

/** A CA that was withdrawn here stays withdrawn. */
async function requireWithdrawn(
  store: Kysely<Tables>,
  { id }: ListIssuer,
  { revoked }: CertificateList,
  now: number,
): Promise<void> {
  const rows = await store
    .selectFrom('revocations')
    .select('serial')
    .where('issuer_id', '=', id)
    .where('not_after', '>', now)
    .execute()
  const missing = rows.find(({ serial }) => !revoked.has(serial))
  if (missing === undefined) return
  throw refused(
    `the CA with the serial number ${missing.serial} on it, which was withdrawn`,
    'not it',
  )
}

/** @returns the last number of the list before it */
async function keep(
  store: Kysely<Tables>,
  root: ListIssuer,
  list: CertificateList,
): Promise<number> {
  const scope = await store
    .selectFrom('revocation_scopes')
    .selectAll()
    .where('issuer_id', '=', root.id)
    .where('shard', '=', fullList)
    .executeTakeFirst()
  if (scope === undefined) {
    throw refused('a root with CAs whose certificates are published', 'one without')
  }
  const isKept = await keepList(store, {
    issuer_id: root.id,
    shard: fullList,
    number: list.number,
    through_changes: scope.changes,
    this_update: list.thisUpdate,
    next_update: list.nextUpdate,
    entries: list.revoked.size,
    addresses: scope.addresses,
    der: list.der,
  })
  if (!isKept)
    throw refused('a greater number than that of the list before it', String(list.number))
  await store
    .updateTable('revocation_scopes')
    .set({ last_number: Math.max(scope.last_number, list.number) })
    .where('issuer_id', '=', root.id)
    .where('shard', '=', fullList)
    .execute()
  return scope.last_number
}

function refused(expected: string, found: string): Problem {
  return new Problem('revocation_list_refused', { expected, found })
}
