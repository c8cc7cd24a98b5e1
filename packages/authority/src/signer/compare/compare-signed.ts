import { setTimeout as pause } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { type StoreLocation, openEngine } from '../../store/store.ts'
import type { Tables } from '../../store/tables.ts'
import type { JournalRecord } from '../journal/journal-record.ts'
import { type JournalFault, readJournal } from '../journal/read-journal.ts'
import { refusedAmong, unregistered } from './registered.ts'

/** What was signed so shortly before may be on its way to the registry: it is looked for once more, so much later. */
const recentMs = 60_000
const settlesWithinMs = 5_000
const perPage = 2_000
const perLook = 5_000

export type CompareOptions = {
  /** Absolute paths: the journal of every signer over the store. */
  directories: readonly string[]
  /** Milliseconds: what was signed before it is not looked at. */
  since?: number
  /** How long files are kept after what is in them has ended: older ones may be missing. */
  keepMs: number
  now: number
  /** Whether it is looked for what the registry has and no journal. */
  bothWays?: boolean
  settleMs?: number
}

export type ComparedJournal = {
  readonly directory: string
  readonly records: number
  /** When it begins; undefined where there is nothing in it. */
  readonly from: number | undefined
  readonly faults: readonly JournalFault[]
}

/** A certificate that the registry has, and no journal. */
export type Unsigned = {
  readonly kind: 'device' | 'server'
  readonly thumbprint: string
  readonly serial: string
  readonly issuedAt: number
}

export type Comparison = {
  readonly journals: readonly ComparedJournal[]
  /** Delegations of OCSP, which the registry keeps no row of. */
  readonly responders: number
  /** Signed and not in the registry, and refused by every gateway: somebody had it so. */
  readonly refused: number
  /** Signed, and not in the registry. */
  readonly unrecorded: readonly JournalRecord[]
  /** In the registry, and in no journal. */
  readonly unsigned: readonly Unsigned[]
}

/**
 * Holds what signers wrote down against the registry. The journals are read first: whatever is recorded meanwhile
 * is found. The store itself is read, and nobody asked who may have been taken over.
 *
 * @throws Problem `signer_journal_refused`, `store_unavailable`
 */
export async function compareSigned(
  location: StoreLocation,
  options: CompareOptions,
): Promise<Comparison> {
  const {
    directories,
    since = 0,
    keepMs,
    now,
    bothWays = true,
    settleMs = settlesWithinMs,
  } = options
  const engine = await openEngine(location)
  try {
    const journals: ComparedJournal[] = []
    const unrecorded: JournalRecord[] = []
    let refused = 0
    const look = async (records: readonly JournalRecord[]) => {
      const missing = await unregistered(engine.read, records)
      const settled = await refusedAmong(engine.read, missing)
      refused += settled.size
      unrecorded.push(...missing.filter(({ sha256 }) => !settled.has(sha256)))
    }
    const signed = new Set<string>()
    let responders = 0
    for (const directory of directories) {
      const faults: JournalFault[] = []
      const pending: JournalRecord[] = []
      let records = 0
      let from: number | undefined
      const onFault = (fault: JournalFault) => faults.push(fault)
      const told = readJournal(directory, { since, removedBefore: now - keepMs, onFault })
      for await (const record of told) {
        from ??= record.at
        records += 1
        if (record.kind === 'device' || record.kind === 'server') signed.add(record.sha256)
        if (record.kind === 'responder') responders += 1
        if (record.at < since) continue
        pending.push(record)
        if (pending.length >= perLook) await look(pending.splice(0))
      }
      await look(pending)
      journals.push({ directory, records, from, faults })
    }
    const begins = journals.map(({ from }) => from ?? now)
    const after = Math.max(since, ...begins)
    const times = { after: after + recentMs, before: now - settlesWithinMs }
    const unsigned = bothWays ? await unsignedRows(engine.read, signed, times) : []
    const [young = [], old = []] = [true, false].map((isYoung) =>
      unrecorded.filter(({ at }) => at > now - recentMs === isYoung),
    )
    if (young.length > 0) await pause(settleMs)
    const still = await unregistered(engine.read, young)
    return { journals, responders, refused, unrecorded: [...old, ...still], unsigned }
  } finally {
    await engine.close()
  }
}

/** What was issued while every journal was kept, and is in none. */
async function unsignedRows(
  read: Kysely<Tables>,
  signed: ReadonlySet<string>,
  { after, before }: { after: number; before: number },
): Promise<Unsigned[]> {
  const found: Unsigned[] = []
  const tables = { device: 'certificates', server: 'service_certificates' } as const
  for (const [kind, table] of Object.entries(tables) as ['device' | 'server', 'certificates'][]) {
    let last = ''
    for (;;) {
      const rows = await read
        .selectFrom(table)
        .select(['thumbprint', 'serial', 'issued_at'])
        .where('thumbprint', '>', last)
        .where('issued_at', '>=', after)
        .where('issued_at', '<=', before)
        .orderBy('thumbprint')
        .limit(perPage)
        .execute()
      for (const { thumbprint, serial, issued_at } of rows) {
        if (!signed.has(thumbprint)) found.push({ kind, thumbprint, serial, issuedAt: issued_at })
      }
      const end = rows.at(-1)
      if (rows.length < perPage || end === undefined) break
      last = end.thumbprint
    }
  }
  return found
}
