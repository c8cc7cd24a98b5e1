import type { DeviceStatus, EndedKind } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudits } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import { endCertificate } from '../devices/certificate-status.ts'
import { canBecome, changeDeviceStatus } from '../devices/device-status.ts'
import { endTokens } from '../sessions/invalidation.ts'
import type {
  CertificateRow,
  Tables,
  UnconfirmedDecision,
  UnconfirmedStatusRow,
} from '../store/tables.ts'
import { appendChange, type NewChange } from './append-change.ts'

export type Decision = {
  /** `confirm`: it ended, and is ended again. `drop`: it did not, and gateways let go. */
  readonly verdict: 'confirm' | 'drop'
  readonly actor: string
  readonly reason: string | undefined
  readonly now: number
  /** The apps whose certificates are listed as issued. */
  readonly issuedApps: readonly string[]
}

/** What the registry itself says of a key: how it ends it again, and whether it has. */
type Registered = {
  readonly isEnded: boolean
  /** Ends it as it was; undefined where the registry cannot say so. */
  readonly end: (() => Promise<unknown>) | undefined
  /** What it says of it now: what gateways are told where it has not ended as they think. */
  readonly status: string
  /** Said after a word is let go of: what the registry itself ended, which is less than gateways thought. */
  readonly isStill?: NewChange | undefined
}

type LookUp = (
  store: Kysely<Tables>,
  row: UnconfirmedStatusRow,
  decision: Decision,
) => Promise<Registered | undefined>

const harmlessStatuses: ReadonlySet<string> = new Set(['active', 'issued'])

/** By kind; of a kind that is not here the registry has no row. */
const lookUps: Readonly<Record<string, LookUp>> = {
  device: async (store, { key, status }, { actor, reason, now }) => {
    const device = await store
      .selectFrom('devices')
      .select('status')
      .where('id', '=', key)
      .executeTakeFirst()
    if (device === undefined) return undefined
    const wanted = status as DeviceStatus
    const isPossible = device.status !== wanted && canBecome(device.status, wanted)
    return {
      isEnded: device.status === wanted || ['revoked', 'superseded'].includes(device.status),
      end: isPossible
        ? () => changeDeviceStatus(store, { deviceId: key, status: wanted, reason, actor, now })
        : undefined,
      status: device.status,
    }
  },
  certificate: async (store, { key, status }, { actor, reason, now, issuedApps }) => {
    const certificate = await store
      .selectFrom('certificates')
      .selectAll()
      .where('thumbprint', '=', key)
      .executeTakeFirst()
    if (certificate === undefined) return undefined
    const wanted = status === 'superseded' ? 'superseded' : 'revoked'
    return {
      isEnded: certificate.status === 'revoked' || certificate.status === status,
      end: () => endAgain(store, certificate, wanted, { actor, reason, now }),
      status:
        certificate.status === 'active' && issuedApps.includes(certificate.app_id)
          ? 'issued'
          : certificate.status,
    }
  },
  // One that is known is withdrawn before: that takes more than a row.
  issuer: async (store, { key }) => {
    const issuer = await store
      .selectFrom('issuers')
      .select('status')
      .where('id', '=', key)
      .executeTakeFirst()
    if (issuer === undefined) return undefined
    return { isEnded: issuer.status === 'revoked', end: undefined, status: 'active' }
  },
  token: invalidated,
  subject: invalidated,
  session: invalidated,
  deviceTokens: invalidated,
}

/**
 * Decides statuses that gateways kept from another epoch. Confirmed ones are ended again in the registry, or,
 * where it has no row of them, told to gateways as they were; dropped ones are let go, unless the registry itself
 * has ended them meanwhile.
 *
 * @param rows open ones, few enough for one write
 * @returns how many were decided in which way
 */
export async function decideUnconfirmed(
  store: Kysely<Tables>,
  rows: readonly UnconfirmedStatusRow[],
  decision: Decision,
): Promise<Partial<Record<UnconfirmedDecision, number>>> {
  const counts: Partial<Record<UnconfirmedDecision, number>> = {}
  const decided: { row: UnconfirmedStatusRow; came: UnconfirmedDecision }[] = []
  for (const row of rows) {
    const registered = await lookUps[row.kind]?.(store, row, decision)
    const came = await decide(store, row, registered, decision)
    counts[came] = (counts[came] ?? 0) + 1
    decided.push({ row, came })
    await store
      .updateTable('unconfirmed_status')
      .set({
        decision: came,
        decided_at: decision.now,
        decided_by: decision.actor,
        reason: decision.reason ?? null,
      })
      .where('kind', '=', row.kind)
      .where('key', '=', row.key)
      .execute()
  }
  if (decided.length === 0) return counts
  await appendAudits(
    store,
    decided.map(({ row, came }) => ({
      at: decision.now,
      actor: decision.actor,
      action: decision.verdict === 'confirm' ? 'feed.confirmed' : 'feed.dropped',
      subject: row.key,
      detail: {
        kind: row.kind,
        status: row.status,
        reason: decision.reason ?? null,
        ...changed({ decision: row.decision }, { decision: came }),
      },
    })),
  )
  return counts
}

async function decide(
  store: Kysely<Tables>,
  row: UnconfirmedStatusRow,
  registered: Registered | undefined,
  { now, verdict }: Decision,
): Promise<UnconfirmedDecision> {
  const tell = (status: string) => appendChange(store, changeOf(row, status, now))
  // Whoever ended it since means it. Gateways are told once more: they wait for a word of this epoch.
  if (registered?.isEnded === true) {
    await tell(row.status)
    return 'ended'
  }
  if (verdict === 'confirm') {
    if (registered?.end === undefined) {
      await tell(row.status)
      return 'kept'
    }
    await registered.end()
    return 'ended'
  }
  const status = registered?.status ?? 'active'
  // What is final is let go of by a word that nothing has ended, and by no lesser one.
  if (!harmlessStatuses.has(status)) await tell('active')
  await tell(status)
  if (registered?.isStill !== undefined) await appendChange(store, registered.isStill)
  return 'dropped'
}

function changeOf(row: UnconfirmedStatusRow, status: string, at: number): NewChange {
  const { kind, key, until, issued_until } = row
  return {
    at,
    kind: kind as NewChange['kind'],
    key,
    status,
    until,
    ...(issued_until === null ? {} : { issuedUntil: issued_until }),
  }
}

function endAgain(
  store: Kysely<Tables>,
  certificate: CertificateRow,
  status: 'superseded' | 'revoked',
  { actor, reason, now }: Pick<Decision, 'actor' | 'reason' | 'now'>,
): Promise<number> {
  const why = reason ?? 'ended before the store was restored'
  return endCertificate(store, { certificate, status, reason: why, actor, now })
}

async function invalidated(
  store: Kysely<Tables>,
  { kind, key, until, issued_until }: UnconfirmedStatusRow,
  { actor, reason, now }: Decision,
): Promise<Registered> {
  const row = await store
    .selectFrom('invalidations')
    .select(['until', 'issued_until'])
    .where('kind', '=', kind as EndedKind)
    .where('key', '=', key)
    .executeTakeFirst()
  const invalidation = {
    kind: kind as EndedKind,
    key,
    issuer: null,
    issuedUntil: issued_until,
    until,
  }
  return {
    isEnded: row !== undefined && (row.issued_until ?? Infinity) >= (issued_until ?? Infinity),
    end: () => endTokens(store, [invalidation], { actor, reason, now }),
    status: 'active',
    isStill:
      row === undefined
        ? undefined
        : {
            at: now,
            kind: kind as EndedKind,
            key,
            status: 'ended',
            until: row.until,
            ...(row.issued_until === null ? {} : { issuedUntil: row.issued_until }),
          },
  }
}
