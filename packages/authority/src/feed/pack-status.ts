import { setImmediate as nextTurn } from 'node:timers/promises'
import { type PackedStatus, StatusPacker } from '@sallyport/wire/status'
import type { Kysely } from 'kysely'
import { trustedIssuer } from '../issuers/trusted-issuer.ts'
import type { Tables } from '../store/tables.ts'
import { feedHead } from './append-change.ts'
import { changeMark } from './change-mark.ts'
import { listedApps } from './issued-list.ts'
import { packConfirmations } from './pack-confirmations.ts'

/**
 * For so long after its end what refuses is told of. Were it left out at once, a clock that ran ahead for a
 * while would have gateways forget what is in date again when the clock is right.
 */
export const toldAfterEndMs = 86_400_000

/** A page takes about three milliseconds: whoever waits for the loop waits no longer. */
const rowsPerPage = 2_000

export type PackOptions = {
  readonly epoch: string
  readonly now: number
}

/**
 * Everything that a gateway needs to decide, as of one sequence number: the certificates and devices that are
 * not active and could still be presented, what ends tokens, and the issuers that are withdrawn.
 *
 * It is read page by page, between other work, and not at one point in time: the number is read first, and
 * whatever is changed later is in it as it was, or as it became. Either way the gateway comes to the same:
 * each change after the number is told to it, and the last word on each key counts. (ZooKeeper and Raft call
 * it a fuzzy snapshot.) What can become something else is read before what it can become, so that nothing that
 * was refused at the number is missing.
 */
export async function packStatus(
  read: Kysely<Tables>,
  { epoch, now }: PackOptions,
): Promise<PackedStatus> {
  const seq = await feedHead(read)
  const apps = await listedApps(read)
  const mark = await changeMark(read, seq)
  const packer = new StatusPacker()
  const endedAt = now - toldAfterEndMs
  const rows = await read
    .selectFrom('issuers')
    .selectAll()
    .where('status', 'in', ['active', 'retired', 'revoked'])
    .where('not_after', '>', now)
    .execute()
  for (const { id, not_after } of rows.filter(({ status }) => status === 'revoked')) {
    packer.add(id, { kind: 'issuer', status: 'withdrawn', until: not_after })
  }
  if (apps.length > 0) await packIssued(read, packer, apps, now)
  for (const status of ['superseded', 'revoked'] as const) {
    await packCertificates(read, packer, status, endedAt)
  }
  for (const status of ['suspended', 'superseded', 'revoked'] as const) {
    await packDevices(read, packer, status, endedAt)
  }
  await packEnded(read, packer, endedAt)
  await packConfirmations(read, packer, endedAt)
  const issuers = rows
    .filter(({ status }) => status !== 'revoked')
    .map((row) => trustedIssuer(row, apps.includes(row.app_id)))
  return { epoch, seq, at: now, mark, issuers, sections: packer.sections() }
}

type Position = { readonly time: number; readonly key: string }

/** Calls for page after page, with other work in between. */
async function eachPage(
  start: number,
  page: (after: Position) => Promise<Position | undefined>,
): Promise<void> {
  let after: Position | undefined = { time: start, key: '' }
  while (after !== undefined) {
    after = await page(after)
    await nextTurn()
  }
}

async function packCertificates(
  read: Kysely<Tables>,
  packer: StatusPacker,
  status: 'superseded' | 'revoked',
  endedAt: number,
): Promise<void> {
  await eachPage(endedAt, async (after) => {
    const rows = await certificatesAfter(read, status, after).execute()
    for (const { thumbprint, not_after } of rows) {
      packer.add(thumbprint, { kind: 'certificate', status, until: not_after })
    }
    return lastOf(rows.map(({ thumbprint, not_after }) => ({ time: not_after, key: thumbprint })))
  })
}

async function packIssued(
  read: Kysely<Tables>,
  packer: StatusPacker,
  apps: readonly string[],
  now: number,
): Promise<void> {
  await eachPage(now, async (after) => {
    const rows = await certificatesAfter(read, 'active', after)
      .where('app_id', 'in', apps)
      .execute()
    for (const { thumbprint, not_after } of rows) {
      packer.add(thumbprint, { kind: 'certificate', status: 'issued', until: not_after })
    }
    return lastOf(rows.map(({ thumbprint, not_after }) => ({ time: not_after, key: thumbprint })))
  })
}

function certificatesAfter(
  read: Kysely<Tables>,
  status: 'active' | 'superseded' | 'revoked',
  { time, key }: Position,
) {
  return read
    .selectFrom('certificates')
    .select(['thumbprint', 'not_after'])
    .where('status', '=', status)
    .where('not_after', '>=', time)
    .where((row) => row.or([row('not_after', '>', time), row('thumbprint', '>', key)]))
    .orderBy('not_after')
    .orderBy('thumbprint')
    .limit(rowsPerPage)
}

async function packDevices(
  read: Kysely<Tables>,
  packer: StatusPacker,
  status: 'suspended' | 'superseded' | 'revoked',
  endedAt: number,
): Promise<void> {
  await eachPage(endedAt, async ({ time, key }) => {
    const rows = await read
      .selectFrom('devices')
      .select(['id', 'expires_at'])
      .where('status', '=', status)
      .where('expires_at', '>=', time)
      .where((row) => row.or([row('expires_at', '>', time), row('id', '>', key)]))
      .orderBy('expires_at')
      .orderBy('id')
      .limit(rowsPerPage)
      .execute()
    for (const { id, expires_at } of rows) {
      packer.add(id, { kind: 'device', status, until: expires_at })
    }
    return lastOf(rows.map(({ id, expires_at }) => ({ time: expires_at, key: id })))
  })
}

/** What ends tokens, by the number of its change: what is ended anew meanwhile comes once more. */
async function packEnded(
  read: Kysely<Tables>,
  packer: StatusPacker,
  endedAt: number,
): Promise<void> {
  await eachPage(0, async ({ time }) => {
    const rows = await read
      .selectFrom('invalidations')
      .select(['kind', 'key', 'until', 'issued_until', 'seq'])
      .where('seq', '>', time)
      .orderBy('seq')
      .limit(rowsPerPage)
      .execute()
    for (const { kind, key, until, issued_until } of rows) {
      if (until <= endedAt) continue
      const issuedUntil = issued_until ?? undefined
      packer.add(key, { kind, status: 'ended', until, issuedUntil })
    }
    return lastOf(rows.map(({ seq }) => ({ time: seq, key: '' })))
  })
}

/** Where the next page begins; undefined behind the last one. */
function lastOf(rows: readonly Position[]): Position | undefined {
  return rows.length < rowsPerPage ? undefined : rows.at(-1)
}
