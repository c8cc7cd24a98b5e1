import type { Metrics } from '../operations/metrics.ts'
import type { KeptDocument, OfferOptions } from './kept-document.ts'
import type { Attempt } from './periodic-refresh.ts'
import type { PublishedRoots } from './published-roots.ts'
import { readSnapshotFile, type SnapshotFile } from './snapshot-file.ts'
import type { ListedSerials, TrustDocument } from './trust-documents.ts'
import type { TrustProblems } from './trust-problems.ts'
import { fetchInto, offerBytes } from './trust-sources.ts'
import { clockDifference } from './trust-time.ts'

/** What an attempt to have something newer is made with. */
export type AttemptContext = {
  problems: TrustProblems
  metrics: Metrics
  now: () => number
  directory: string
  signal: AbortSignal
}

/** Asks the publisher. What goes wrong is a problem, not an exception. */
export async function attemptFetch<T>(
  context: AttemptContext,
  kept: KeptDocument<T>,
  document: TrustDocument<T>,
  url: string,
): Promise<Attempt> {
  const { problems, now, signal } = context
  const { name } = document
  try {
    const offer = { ...offerOf(context), signal }
    const { outcome, fetched } = await fetchInto(kept, document, url, offer)
    problems.clear('trust_source_unreachable', name)
    problems.set('trust_time_doubtful', name, clockDifference(fetched.serverTime, now()))
    count(context, name, outcome)
    return outcome === 'malformed'
      ? { outcome: 'failed' }
      : { outcome: 'held', maxAgeSeconds: fetched.maxAgeSeconds }
  } catch (error) {
    // Ended by us: nothing is wrong.
    if (signal.aborted) return { outcome: 'idle' }
    count(context, name, 'failed')
    problems.raiseThrown(error, name)
    return { outcome: 'failed' }
  }
}

/** Reads the snapshot file. What is wrong with it is a problem, not an exception. */
export async function attemptSnapshot(
  context: AttemptContext,
  kept: { roots: KeptDocument<PublishedRoots>; statusList: KeptDocument<ListedSerials> },
  file: SnapshotFile,
): Promise<Attempt> {
  const { problems, now } = context
  try {
    const { fetchedAt, roots, statusList } = await readSnapshotFile(file, now())
    const source = { fetchedAt, source: 'snapshot' } as const
    const outcomes = [
      await offerBytes(kept.roots, { bytes: roots, ...source }, offerOf(context)),
      await offerBytes(kept.statusList, { bytes: statusList, ...source }, offerOf(context)),
    ]
    problems.clear('trust_snapshot_refused', 'snapshot')
    const older = `${file.file}: what it holds was fetched at ${new Date(fetchedAt).toISOString()}`
    problems.set('trust_snapshot_older', 'snapshot', outcomes.includes('older') ? older : undefined)
    return { outcome: 'held' }
  } catch (error) {
    problems.raiseThrown(error, 'snapshot')
    return { outcome: 'failed' }
  }
}

function offerOf({ directory, now }: AttemptContext): OfferOptions {
  return { directory, now: now() }
}

function count({ metrics }: AttemptContext, document: string, outcome: string): void {
  const help = 'Attempts to fetch roots and status list, by what came of them'
  metrics.count('sallyport_authority_trust_fetches_total', help, { document, outcome })
}
