import { type EndedKind, endedKinds, type Snapshot, type StatusEntry } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { trustedIssuer } from '../issuers/trusted-issuer.ts'
import type { Tables } from '../store/tables.ts'
import { feedHead } from './append-change.ts'

/**
 * For so long after its end what refuses is told of. Were it left out at once, a clock that ran ahead for a
 * while would have gateways forget what is in date again when the clock is right.
 */
export const toldAfterEndMs = 86_400_000

/** What has expired meanwhile is in it still: it does no harm. */
const maxAgeMs = 10_000

/**
 * Everything that a gateway needs to decide, as of one sequence number: the certificates and devices
 * that are not active and could still be presented, and what ends tokens. One read transaction, so that the number fits.
 */
export async function readSnapshot(
  read: Kysely<Tables>,
  epoch: string,
  now: number,
): Promise<Snapshot> {
  return read.transaction().execute(async (store) => {
    const seq = await feedHead(store)
    const endedAt = now - toldAfterEndMs
    const issuers = await store
      .selectFrom('issuers')
      .selectAll()
      .where('status', 'in', ['active', 'retired'])
      .where('not_after', '>', now)
      .execute()
    const certificates = await store
      .selectFrom('certificates')
      .select(['thumbprint as key', 'status', 'not_after as until'])
      .where('status', 'in', ['superseded', 'revoked'])
      .where('not_after', '>', endedAt)
      .execute()
    const devices: StatusEntry[] = await store
      .selectFrom('devices')
      .select(['id as key', 'status', 'expires_at as until'])
      .where('status', 'in', ['suspended', 'revoked', 'superseded'])
      .where('expires_at', '>', endedAt)
      .execute()
    const ended = await readEnded(store, endedAt)
    const trusted = issuers.map(trustedIssuer)
    return { epoch, seq, at: now, issuers: trusted, certificates, devices, ...ended }
  })
}

type Ended = Required<Pick<Snapshot, (typeof endedKinds)[EndedKind]>>

/** What ends tokens that could still be in date at a time. */
async function readEnded(store: Kysely<Tables>, at: number): Promise<Ended> {
  const rows = await store
    .selectFrom('invalidations')
    .select(['kind', 'key', 'until', 'issued_until'])
    .where('until', '>', at)
    .execute()
  const ended: Ended = { tokens: [], subjects: [], sessions: [], deviceTokens: [] }
  for (const { kind, key, until, issued_until } of rows) {
    const entry = { key, status: 'ended', until }
    ended[endedKinds[kind]].push(
      issued_until === null ? entry : { ...entry, issuedUntil: issued_until },
    )
  }
  return ended
}

/**
 * Snapshots as JSON in UTF-8. While nothing changes, every gateway that asks is handed the same bytes:
 * after a restart all of them ask at once, and a large deployment has ten megabytes of it.
 */
export function snapshotSource(options: {
  read: Kysely<Tables>
  epoch: () => string
  now: () => number
}): () => Promise<Buffer> {
  const { read, epoch, now } = options
  let kept: { epoch: string; seq: number; at: number; json: Buffer } | undefined
  return async () => {
    const head = await feedHead(read)
    const isCurrent =
      kept?.epoch === epoch() && kept.seq === head && Math.abs(now() - kept.at) < maxAgeMs
    if (kept === undefined || !isCurrent) {
      const snapshot = await readSnapshot(read, epoch(), now())
      const json = Buffer.from(JSON.stringify(snapshot))
      kept = { epoch: snapshot.epoch, seq: snapshot.seq, at: snapshot.at, json }
    }
    return kept.json
  }
}
