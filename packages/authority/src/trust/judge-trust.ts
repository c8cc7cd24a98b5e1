import { type AttestationConfig, notFetched } from '../config/attestation-config.ts'
import type { Held } from './kept-document.ts'
import type { PinnedRoots } from './published-roots.ts'
import type { ListedSerials } from './trust-documents.ts'
import type { TrustProblems } from './trust-problems.ts'
import { countedFetchTime, isFromFuture } from './trust-time.ts'

const hourMs = 3_600_000

export type Judged = {
  statusList: Held<ListedSerials> | undefined
  pinned: PinnedRoots
  config: AttestationConfig
  /** Where no app takes such evidence, nothing is missing. */
  isNeeded: boolean
  now: number
}

/** Says what is wrong with the list and the roots in use, and what is not any more. */
export function judgeTrust(
  problems: TrustProblems,
  { statusList, pinned, config, isNeeded, now }: Judged,
): void {
  const { android } = config
  const { whenTooOld, statusListMaxAgeHours } = android
  const handling = `evidence that is held against it: ${whenTooOld}`
  const isMissing = isNeeded && statusList === undefined && !goesWithout(config)
  problems.set('status_list_missing', 'statusList', isMissing ? handling : undefined)
  const fetchedAt = statusList?.copy.fetchedAt
  const isTooOld = isNeeded && fetchedAt !== undefined && isListTooOld(android, fetchedAt, now)
  const age = `fetched at ${iso(fetchedAt)}, at most ${statusListMaxAgeHours} hours ago is asked for; ${handling}`
  problems.set('status_list_too_old', 'statusList', isTooOld ? age : undefined)
  const isAhead = fetchedAt !== undefined && isFromFuture(fetchedAt, now)
  const future = `the list in use was fetched at ${iso(fetchedAt)}, which is in the future`
  problems.set('status_list_from_future', 'statusList', isAhead ? future : undefined)
  const { unpinned, vanished, unknown } = pinned
  const keys = unpinned.map(({ spkiSha256 }) => spkiSha256)
  problems.set('root_unpinned', 'roots', list(keys))
  problems.set('root_vanished', 'roots', list(vanished))
  problems.set('root_unknown', 'roots', list(unknown))
}

/** Whether somebody decided that there is to be no list: nothing brings one, and none is asked for. */
function goesWithout({ android, snapshot }: AttestationConfig): boolean {
  const { statusListUrl, whenTooOld } = android
  return statusListUrl === notFetched && snapshot === undefined && whenTooOld === 'allow'
}

/** Whether a list that was fetched at a time counts as too old. */
export function isListTooOld(
  { statusListMaxAgeHours }: Pick<AttestationConfig['android'], 'statusListMaxAgeHours'>,
  fetchedAt: number,
  now: number,
): boolean {
  return now - countedFetchTime(fetchedAt, now) > statusListMaxAgeHours * hourMs
}

function list(keys: readonly string[]): string | undefined {
  return keys.length === 0 ? undefined : `SHA-256 of the key: ${keys.join(', ')}`
}

function iso(milliseconds: number | undefined): string {
  const date = new Date(milliseconds ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString()
}
