import { type CertificateStatus, certificateStatuses } from '@sallyport/wire'
import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { leftBy, readParts, type StatusPart, statusParts } from '../store/status-parts.ts'
import type { CertificateRow, Tables } from '../store/tables.ts'

export type CertificateFilter = {
  status?: CertificateStatus
  /** Of these apps alone. */
  appIds?: readonly string[] | undefined
  deviceId?: string
  issuerId?: string
  /** What the subject of a user may be stored as. */
  userSubjects?: readonly string[]
  /** Ends after, and no later than; milliseconds since 1970. */
  endsAfter?: number
  endsBefore?: number
  /** Whether a renewal followed it. */
  isRenewed?: boolean
  /** Where the page before ended. */
  cursor?: string
  limit?: number
}

/** A certificate without its bytes: of a fleet they are megabytes. */
export type ListedCertificate = Omit<CertificateRow, 'der'>

const columns = [
  'thumbprint',
  'serial',
  'device_id',
  'app_id',
  'issuer_id',
  'status',
  'spki_sha256',
  'predecessor',
  'successor',
  'not_before',
  'not_after',
  'issued_at',
  'used_at',
  'supersede_at',
  'forked_at',
  'shard',
] as const satisfies readonly (keyof ListedCertificate)[]

/**
 * A page of certificates, those that end first before the others, and where the next one begins.
 *
 * @throws Problem `message_malformed` where the cursor is none of ours
 */
export async function listCertificates(
  store: Kysely<Tables>,
  filter: CertificateFilter,
): Promise<{ certificates: ListedCertificate[]; nextCursor: string | undefined }> {
  const { limit = 100 } = filter
  const place = filter.cursor === undefined ? undefined : readCursor(filter.cursor)
  const { parts, left } = partsOf(filter)
  const readPart = (part: StatusPart<CertificateStatus>) =>
    partOf(store, filter, { part, left, place }).execute()
  const found = await readParts(parts, limit + 1, readPart, isBefore)
  const page = found.slice(0, limit)
  const last = found.length > limit ? page.at(-1) : undefined
  return {
    certificates: page,
    nextCursor: last === undefined ? undefined : `${last.not_after}.${last.thumbprint}`,
  }
}

type StatusAndApps = Pick<CertificateFilter, 'appIds' | 'status'>

/** The parts that are read, and what is to be left of them. Those of a device or of a user are few; a CA is of one app. */
function partsOf(filter: CertificateFilter): {
  readonly parts: readonly StatusPart<CertificateStatus>[]
  readonly left: StatusAndApps
} {
  const { deviceId, userSubjects, issuerId, status, appIds } = filter
  if (deviceId !== undefined || userSubjects !== undefined) return { parts: [{}], left: filter }
  if (issuerId === undefined) return { parts: statusParts(filter, certificateStatuses), left: {} }
  const statuses = status === undefined ? certificateStatuses : [status]
  return { parts: statuses.map((one) => ({ status: one })), left: { appIds } }
}

function isBefore(one: ListedCertificate, other: ListedCertificate): boolean {
  return one.not_after === other.not_after
    ? one.thumbprint < other.thumbprint
    : one.not_after < other.not_after
}

type PartOrder = {
  readonly part: StatusPart<CertificateStatus>
  readonly left: StatusAndApps
  readonly place: Place | undefined
}

/** One row more than a page, of one part. */
function partOf(
  store: Kysely<Tables>,
  filter: CertificateFilter,
  { part, left, place }: PartOrder,
) {
  const { deviceId, issuerId, userSubjects, limit = 100 } = filter
  let query = store.selectFrom('certificates').select(columns)
  if (part.status !== undefined) query = query.where('status', '=', part.status)
  if (part.appId !== undefined) query = query.where('app_id', '=', part.appId)
  for (const condition of leftBy(left)) query = query.where(condition)
  if (deviceId !== undefined) query = query.where('device_id', '=', deviceId)
  if (issuerId !== undefined) query = query.where('issuer_id', '=', issuerId)
  if (userSubjects !== undefined) {
    query = query.where('device_id', 'in', (devices) =>
      devices.selectFrom('devices').select('id').where('user_subject', 'in', userSubjects),
    )
  }
  if (filter.endsAfter !== undefined) query = query.where('not_after', '>', filter.endsAfter)
  if (filter.endsBefore !== undefined) query = query.where('not_after', '<=', filter.endsBefore)
  if (filter.isRenewed !== undefined) {
    query = query.where('successor', filter.isRenewed ? 'is not' : 'is', null)
  }
  if (place !== undefined) {
    const { notAfter, thumbprint } = place
    query = query
      .where('not_after', '>=', notAfter)
      .where((column) =>
        column.or([column('not_after', '>', notAfter), column('thumbprint', '>', thumbprint)]),
      )
  }
  return query
    .orderBy('not_after')
    .orderBy('thumbprint')
    .limit(limit + 1)
}

type Place = { readonly notAfter: number; readonly thumbprint: string }

function readCursor(text: string): Place {
  const [, notAfter, thumbprint] = /^([0-9]{1,15})\.([A-Za-z0-9_-]{43})$/.exec(text) ?? []
  if (notAfter !== undefined && thumbprint !== undefined) {
    return { notAfter: Number(notAfter), thumbprint }
  }
  throw new Problem('message_malformed', { expected: 'nextCursor of the page before', found: text })
}
