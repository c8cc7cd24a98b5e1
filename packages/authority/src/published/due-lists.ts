import type { Kysely } from 'kysely'
import type { RevocationListRow, RevocationScopeRow, Tables } from '../store/tables.ts'
import { readListIssuers } from './list-issuers.ts'
import type { ListName } from './published-addresses.ts'

/** A list that there is to be, and what is known of the one that there is. */
export type ListState = ListName &
  Pick<RevocationScopeRow, 'addresses' | 'changes'> & {
    /** Undefined of a root's. */
    readonly appId: string | undefined
    readonly list: Omit<RevocationListRow, 'issuer_id' | 'shard' | 'der'> | undefined
  }

/** The state of all lists of CAs that have not ended; what certificates name comes first. */
export async function readListStates(store: Kysely<Tables>, now: number): Promise<ListState[]> {
  const issuers = new Map((await readListIssuers(store)).map((issuer) => [issuer.id, issuer]))
  const rows = await store
    .selectFrom('revocation_scopes as scope')
    .leftJoin('revocation_lists as list', (join) =>
      join.onRef('list.issuer_id', '=', 'scope.issuer_id').onRef('list.shard', '=', 'scope.shard'),
    )
    .select([
      'scope.issuer_id as issuerId',
      'scope.shard',
      'scope.addresses',
      'scope.changes',
      'list.number',
      'list.through_changes',
      'list.this_update',
      'list.next_update',
      'list.entries',
      'list.addresses as listed',
    ])
    .orderBy('scope.shard', 'desc')
    .orderBy('scope.issuer_id')
    .execute()
  return rows.flatMap(
    ({
      number,
      through_changes,
      this_update,
      next_update,
      entries,
      listed,
      ...scope
    }): ListState[] => {
      const issuer = issuers.get(scope.issuerId)
      if (issuer === undefined || issuer.certificate.notAfter <= now) return []
      const isThere =
        number !== null &&
        through_changes !== null &&
        this_update !== null &&
        next_update !== null &&
        entries !== null &&
        listed !== null
      const list = isThere
        ? { number, through_changes, this_update, next_update, entries, addresses: listed }
        : undefined
      return [{ ...scope, appId: issuer.appId, list }]
    },
  )
}

/** A list is issued again at this part of its life, so that an outage of three parts lets none lapse. */
const refreshAfterPart = 1 / 4
/** More than this a clock is not off by accident: what was issued lies in the future. */
const clockToleranceMs = 60_000

type DueReason = 'missing' | 'changed' | 'moved' | 'clock' | 'age'

/** Why a list must be issued, in the order of urgency. */
const dueReasons: readonly {
  reason: DueReason
  isSo: (state: ListState, list: NonNullable<ListState['list']>, facts: DueFacts) => boolean
}[] = [
  { reason: 'changed', isSo: ({ changes }, list) => changes > list.through_changes },
  { reason: 'moved', isSo: ({ addresses }, list) => addresses !== list.addresses },
  {
    // Whoever has the right time would not believe it yet.
    reason: 'clock',
    isSo: (_, list, { now }) => list.this_update > now + clockToleranceMs,
  },
  {
    reason: 'age',
    isSo: (_, list, { now, listMs }) => {
      const lifeMs = Math.min(list.next_update - list.this_update, listMs)
      return now >= list.this_update + lifeMs * refreshAfterPart
    },
  },
]

/** The time, and how long lists count now: milliseconds. */
type DueFacts = { readonly now: number; readonly listMs: number }

/** Why a list is to be issued now; undefined where it is not. */
export function whyDue(state: ListState, facts: DueFacts): DueReason | undefined {
  const { list } = state
  if (list === undefined) return 'missing'
  return dueReasons.find(({ isSo }) => isSo(state, list, facts))?.reason
}
