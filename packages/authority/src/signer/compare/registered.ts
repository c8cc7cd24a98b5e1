import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from '../../store/tables.ts'
import type { JournalRecord, SignedKind } from '../journal/journal-record.ts'

const perQuery = 500

/** Tells which of some records the registry has something of. Few enough of them for one statement. */
type LookUp = (
  read: Kysely<Tables>,
  records: readonly JournalRecord[],
) => Promise<(record: JournalRecord) => boolean>

/** By kind. `gateway`: a running signer is asked for none; they are made by commands, with the keys in hand. */
const lookUps: Readonly<Record<Exclude<SignedKind, 'responder'>, LookUp>> = {
  device: byThumbprint('certificates'),
  server: byThumbprint('service_certificates'),
  gateway: () => Promise.resolve(() => false),
  'issuing-ca': byCertificate('issuers'),
  root: byCertificate('roots'),
  'scep-ra': byCertificate('scep_ras'),
  list: byNumber,
}

/** What the registry has no row of, in the order of the records. `responder`s it keeps none of: they are left out. */
export async function unregistered(
  read: Kysely<Tables>,
  records: readonly JournalRecord[],
): Promise<JournalRecord[]> {
  const missing: JournalRecord[] = []
  for (const [kind, same] of Map.groupBy(records, (record) => record.kind)) {
    if (kind === 'responder') continue
    for (let at = 0; at < same.length; at += perQuery) {
      const some = same.slice(at, at + perQuery)
      const isKnown = await lookUps[kind](read, some)
      missing.push(...some.filter((record) => !isKnown(record)))
    }
  }
  return missing.toSorted((one, other) => one.at - other.at || one.seq - other.seq)
}

/** Thumbprints of those that gateways refuse without the registry. */
export async function refusedAmong(
  read: Kysely<Tables>,
  records: readonly JournalRecord[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (let at = 0; at < records.length; at += perQuery) {
    const rows = await read
      .selectFrom('unconfirmed_status')
      .select('key')
      .where('kind', '=', 'certificate')
      .where('status', '=', 'revoked')
      .where('decision', '=', 'kept')
      .where(
        'key',
        'in',
        records.slice(at, at + perQuery).map(({ sha256 }) => sha256),
      )
      .execute()
    for (const { key } of rows) found.add(key)
  }
  return found
}

function byThumbprint(table: 'certificates' | 'service_certificates'): LookUp {
  return async (read, records) => {
    const rows = await read
      .selectFrom(table)
      .select('thumbprint')
      .where(
        'thumbprint',
        'in',
        records.map(({ sha256 }) => sha256),
      )
      .execute()
    const known = new Set(rows.map(({ thumbprint }) => thumbprint))
    return ({ sha256 }) => known.has(sha256)
  }
}

/** CAs are few. */
function byCertificate(table: 'issuers' | 'roots' | 'scep_ras'): LookUp {
  return async (read) => {
    const rows = await read.selectFrom(table).select('certificate').execute()
    const known = new Set(
      rows.map(({ certificate }) => createHash('sha256').update(certificate).digest('base64url')),
    )
    return ({ sha256 }) => known.has(sha256)
  }
}

/** Lists follow each other, and the store has the last of each scope: one with a higher number is none of ours. */
async function byNumber(read: Kysely<Tables>): ReturnType<LookUp> {
  const keyNames = new Map<string, string>()
  for (const { id, key_name } of await read
    .selectFrom('issuers')
    .select(['id', 'key_name'])
    .execute()) {
    keyNames.set(id, key_name)
  }
  const roots = await read.selectFrom('roots').select(['key_name', 'kind']).execute()
  const last = new Map<string, number>()
  const scopes = await read
    .selectFrom('revocation_scopes')
    .select(['issuer_id', (row) => row.fn.max('last_number').as('last')])
    .groupBy('issuer_id')
    .execute()
  for (const { issuer_id, last: number } of scopes) {
    // What is no issuing CA is a root, whose id is that of its key.
    const names = keyNames.has(issuer_id)
      ? [keyNames.get(issuer_id) ?? '']
      : roots.map(({ key_name }) => key_name)
    for (const name of names) last.set(name, Math.max(last.get(name) ?? 0, Number(number)))
  }
  return ({ ca, serial }) => Number(serial) <= (last.get(ca) ?? 0)
}
