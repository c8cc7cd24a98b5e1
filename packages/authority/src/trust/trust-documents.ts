import { maxStatusListBytes, parseStatusList, type StatusListEntry } from '@sallyport/attestation'
import type { ReasonCode } from '@sallyport/problem'
import type { KeptCopy } from './kept-copy.ts'
import {
  maxPublishedRootsBytes,
  parsePublishedRoots,
  type PublishedRoots,
} from './published-roots.ts'

/** One document that evidence is judged by. */
export type TrustDocument<T> = {
  readonly name: 'statusList' | 'roots'
  /** In attestation.directory. */
  readonly fileName: string
  readonly maxBytes: number
  /** The code of what `parse` throws. */
  readonly malformed: ReasonCode
  /** @throws Problem `malformed` */
  parse(copy: Pick<KeptCopy, 'bytes' | 'fetchedAt'>): T
  /** Why a document that reads well is not taken up silently. */
  doubt(next: T, held: T | undefined): string | undefined
  readonly doubted: ReasonCode
}

/** Serial numbers in hex, and what is said of them. */
export type ListedSerials = ReadonlyMap<string, StatusListEntry>

export const statusListDocument: TrustDocument<ListedSerials> = {
  name: 'statusList',
  fileName: 'status-list',
  maxBytes: maxStatusListBytes,
  malformed: 'status_list_malformed',
  parse: ({ bytes, fetchedAt }) => parseStatusList(bytes, fetchedAt).entries,
  doubt: doubtStatusList,
  doubted: 'status_list_shrunk',
}

export const rootsDocument: TrustDocument<PublishedRoots> = {
  name: 'roots',
  fileName: 'roots',
  maxBytes: maxPublishedRootsBytes,
  malformed: 'published_roots_malformed',
  parse: ({ bytes }) => parsePublishedRoots(bytes),
  // What it names is not trusted for being named: there is nothing to doubt.
  doubt: () => undefined,
  doubted: 'published_roots_malformed',
}

/** Entries leave the list one by one, if ever: who could empty it would bring stolen keys back. */
function doubtStatusList(next: ListedSerials, held: ListedSerials | undefined): string | undefined {
  if (next.size === 0) return 'expected entries, found none'
  if (held === undefined) return undefined
  let kept = 0
  for (const serial of held.keys()) if (next.has(serial)) kept++
  return kept * 2 < held.size
    ? `expected most of ${held.size} entries to be there still, found ${kept}`
    : undefined
}
