import type { TrustAnchor } from '@sallyport/attestation'
import { nameText } from '@sallyport/pki'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { isListTooOld } from './judge-trust.ts'
import type { KeptCopy } from './kept-copy.ts'
import { countListed, type ListedCount } from './listed-devices.ts'
import type { PeriodicRefresh, RefreshTimes } from './periodic-refresh.ts'
import type { TrustKeeper } from './trust-keeper.ts'
import type { TrustProblem } from './trust-problems.ts'

/** A document: which one is in use, and when it was asked for. */
type DocumentReport = RefreshTimes & { copy: KeptCopy | undefined; ageMs: number | undefined }

/** What evidence is judged by, as an operator looks at it. Times are milliseconds. */
export type TrustReport = {
  readonly isNeeded: boolean
  readonly takesSnapshot: boolean
  readonly statusList: DocumentReport & {
    entries: number | undefined
    isTooOld: boolean
    doubted: { sha256: string; entries: number; fetchedAt: number } | undefined
  }
  readonly roots: DocumentReport & {
    pinned: readonly RootReport[]
    unpinned: readonly RootReport[]
    development: readonly RootReport[]
  }
  readonly devices: ListedCount & {
    sweptAt: number | undefined
    sweepMs: number | undefined
  }
  readonly problems: readonly TrustProblem[]
}

export type RootReport = {
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly spkiSha256: string
  /** For a person; undefined where no certificate of the key is known. */
  readonly subject: string | undefined
  readonly isTrusted: boolean
  /** Undefined where nothing was published to us. */
  readonly isPublished: boolean | undefined
}

export async function reportTrust(
  trust: TrustKeeper,
  store: Kysely<Tables>,
  now: number,
): Promise<TrustReport> {
  const { statusList, refreshes, watch } = trust
  const { android, snapshot } = trust.config.attestation
  const takesSnapshot = snapshot !== undefined
  const refreshOf = (name: 'statusList' | 'roots') =>
    takesSnapshot ? refreshes.snapshot : refreshes[name]
  const fetchedAt = statusList.held?.copy.fetchedAt
  const { doubted } = statusList
  return {
    isNeeded: trust.isNeeded,
    takesSnapshot,
    statusList: {
      ...documentReport(statusList.held?.copy, refreshOf('statusList'), now),
      entries: statusList.held?.value.size,
      isTooOld: fetchedAt === undefined || isListTooOld(android, fetchedAt, now),
      doubted:
        doubted === undefined
          ? undefined
          : {
              sha256: doubted.copy.sha256,
              entries: doubted.value.size,
              fetchedAt: doubted.copy.fetchedAt,
            },
    },
    roots: {
      ...documentReport(trust.roots.held?.copy, refreshOf('roots'), now),
      ...rootReports(trust),
    },
    devices: {
      ...(await countListed(store)),
      sweptAt: watch.lastSweep?.endedAt,
      sweepMs: watch.lastSweep?.durationMs,
    },
    problems: trust.problems.all,
  }
}

function documentReport(
  copy: KeptCopy | undefined,
  refresh: PeriodicRefresh,
  now: number,
): DocumentReport {
  // Of a clock that was ahead by a little when it was fetched.
  const ageMs = copy === undefined ? undefined : Math.max(0, now - copy.fetchedAt)
  return { copy, ageMs, ...refresh.times }
}

function rootReports({ pinned, roots, config, developmentRoots }: TrustKeeper) {
  const { anchors, unpinned, vanished, unknown } = pinned
  const isPublished = (key: string): boolean | undefined =>
    roots.held === undefined ? undefined : !vanished.includes(key)
  return {
    pinned: config.attestation.android.rootKeys.map((spkiSha256) => {
      const anchor = anchors.find((each) => each.spkiSha256 === spkiSha256)
      return {
        spkiSha256,
        subject: anchor && nameText(anchor.subject),
        isTrusted: !unknown.includes(spkiSha256),
        isPublished: isPublished(spkiSha256),
      }
    }),
    unpinned: unpinned.map((root) => ({
      ...rootReport(root),
      isTrusted: false,
      isPublished: true,
    })),
    development: developmentRoots.map((root) => ({
      ...rootReport(root),
      isTrusted: true,
      isPublished: undefined,
    })),
  }
}

function rootReport({ spkiSha256, subject }: TrustAnchor) {
  return { spkiSha256, subject: nameText(subject) }
}
