import type { Change, Snapshot, StatusEntry, StatusKind, TrustedIssuer } from '@sallyport/wire'
import { changeKinds, endedKinds } from '@sallyport/wire'
import type { KnownChange } from '../worker/messages.ts'
import { activeStatus, statusCode, statusKey } from '../status/status-code.ts'
import type { StatusControl } from '../status/status-control.ts'
import { createStatusTable, type StatusWriter } from '../status/status-table.ts'
import { issuerKey } from './issuer-key.ts'

type Entry = Readonly<Omit<StatusEntry, 'key'>>
type ListedKind = Exclude<StatusKind, 'issuer'>

/** What lists each kind in a snapshot. */
const members = { certificate: 'certificates', device: 'devices', ...endedKinds } as const
const listedKinds = Object.keys(members) as ListedKind[]
/** What nobody takes back. */
const finalStatuses: ReadonlySet<string> = new Set(['revoked', 'ended'])

/**
 * For so long after its end an entry is kept. Whoever's clock ran ahead would otherwise forget a revocation
 * whose certificate is in date again when the clock is right, and the authority tells of a change once.
 */
const keptAfterEndMs = 86_400_000

/** As it is kept on disk: a snapshot, and the kinds of change that were not understood. */
export type KeptSnapshot = Snapshot & { readonly notUnderstood: readonly string[] }

export type AppliedChange = {
  /** What workers end connections by; undefined where it is of no kind that is known. */
  readonly change: KnownChange | undefined
  readonly isTrustChanged: boolean
  readonly isTrustWithdrawn: boolean
}

export type Replaced = Omit<AppliedChange, 'change'> & {
  /** Revocations, and ends of tokens, that the snapshot knows nothing of. */
  readonly keptRevocations: number
}

/**
 * What the main thread knows of status: the whole of it, by key, and the shared table that workers
 * read. Every change is in the table before anyone is told of it.
 */
export class KnownStatus {
  epoch = ''
  seq = -1
  readonly control: StatusControl
  readonly #listed = fromKinds<Map<string, Entry>>(() => new Map())
  #issuers = new Map<string, TrustedIssuer>()
  #notUnderstood = new Set<string>()
  #table: StatusWriter = createStatusTable(0)
  readonly #retiring = new Set<StatusWriter>()
  /** Called with a table that workers are to take in place of theirs; resolves when all have. */
  readonly #handOut: (table: SharedArrayBuffer) => Promise<void>

  constructor(control: StatusControl, handOut: (table: SharedArrayBuffer) => Promise<void>) {
    this.control = control
    this.#handOut = handOut
  }

  get table(): SharedArrayBuffer {
    return this.#table.buffer
  }

  get issuers(): TrustedIssuer[] {
    return [...this.#issuers.values()]
  }

  get notUnderstood(): string[] {
    return [...this.#notUnderstood]
  }

  counts(): Record<ListedKind | 'issuer', number> {
    return { ...fromKinds((kind) => this.#listed[kind].size), issuer: this.#issuers.size }
  }

  /** Takes a snapshot in place of everything known. */
  replace(snapshot: Snapshot | KeptSnapshot): Replaced {
    const before = this.#issuers
    const isBehind = snapshot.epoch !== this.epoch || snapshot.seq < this.seq
    let keptRevocations = 0
    for (const kind of listedKinds) {
      const told = snapshot[members[kind]]
      // An older version of the authority lists no tokens: it says nothing of them.
      const kept = isBehind || told === undefined ? this.#finalBesides(kind, told ?? []) : []
      keptRevocations += kept.length
      this.#replaceListed(kind, [...(told ?? []), ...kept])
    }
    const issuers = new Map(snapshot.issuers.map((issuer) => [issuerKey(issuer), issuer]))
    for (const key of before.keys()) if (!issuers.has(key)) this.#write('issuer', key, 'withdrawn')
    for (const key of issuers.keys()) this.#write('issuer', key, 'active')
    this.#issuers = issuers
    this.epoch = snapshot.epoch
    this.seq = snapshot.seq
    // One on disk may have been written by a newer version of the gateway, which understood more.
    const noted = 'notUnderstood' in snapshot ? snapshot.notUnderstood : []
    this.#notUnderstood = new Set([...noted, ...unknownIn(snapshot)])
    this.#told()
    this.control.setSnapshot()
    const isTrustWithdrawn = [...before.keys()].some((key) => !issuers.has(key))
    // Also where a CA stays, and what is said of it does not.
    const isTrustChanged = textOf(before) !== textOf(issuers)
    return { isTrustWithdrawn, isTrustChanged, keptRevocations }
  }

  apply({ seq, kind, key, status, until, issuedUntil, issuer }: Change): AppliedChange {
    this.seq = seq
    const known = changeKinds.find((each) => each === kind)
    if (known === undefined) {
      this.#notUnderstood.add(kind)
      this.#told()
      return { change: undefined, isTrustChanged: false, isTrustWithdrawn: false }
    }
    if (known === 'lift') {
      const change = { seq, kind: known, key, status }
      return { change, isTrustChanged: false, isTrustWithdrawn: false }
    }
    const isIssuer = known === 'issuer'
    const isActive = status === 'active'
    let entry: Entry = { status, until: until ?? Number.MAX_SAFE_INTEGER, ...when(issuedUntil) }
    if (!isIssuer) {
      entry = later(this.#listed[known].get(key), entry)
      this.#list(known, key, entry)
    } else if (isActive && issuer !== undefined) this.#issuers.set(key, issuer)
    else if (!isActive) this.#issuers.delete(key)
    this.#write(known, key, isIssuer && !isActive ? 'withdrawn' : status, entry.issuedUntil)
    this.#told()
    return {
      change: { seq, kind: known, key, status, ...when(entry.issuedUntil) },
      isTrustChanged: isIssuer,
      isTrustWithdrawn: isIssuer && !isActive,
    }
  }

  /** Forgets what expired long ago. */
  snapshot(at: number): KeptSnapshot {
    const entries = (kind: ListedKind) => {
      const listed = this.#listed[kind]
      for (const [key, { until }] of listed) if (until + keptAfterEndMs < at) listed.delete(key)
      return [...listed].map(([key, entry]) => ({ key, ...entry }))
    }
    return {
      epoch: this.epoch,
      seq: this.seq,
      at,
      issuers: this.issuers,
      certificates: entries('certificate'),
      devices: entries('device'),
      tokens: entries('token'),
      subjects: entries('subject'),
      sessions: entries('session'),
      deviceTokens: entries('deviceTokens'),
      notUnderstood: this.notUnderstood,
    }
  }

  // An authority that came back with an older store has forgotten, and revoked and ended are final: what
  // was once told stays, until it expires.
  #finalBesides(kind: ListedKind, entries: readonly StatusEntry[]): StatusEntry[] {
    const told = new Map(
      entries.filter(({ status }) => finalStatuses.has(status)).map((entry) => [entry.key, entry]),
    )
    return [...this.#listed[kind]]
      .filter(([key, entry]) => finalStatuses.has(entry.status) && !isSaid(told.get(key), entry))
      .map(([key, entry]) => ({ key, ...entry }))
  }

  #told(): void {
    this.control.setIgnorant(this.#notUnderstood.size > 0)
    this.control.raiseVersion()
  }

  #list(kind: ListedKind, key: string, entry: Entry): void {
    if (entry.status === 'active') this.#listed[kind].delete(key)
    else this.#listed[kind].set(key, entry)
  }

  #replaceListed(kind: ListedKind, entries: readonly StatusEntry[]): void {
    const next = new Map<string, Entry>()
    for (const { key, status, until, issuedUntil } of entries) {
      next.set(key, later(next.get(key), { status, until, ...when(issuedUntil) }))
    }
    const before = this.#listed[kind]
    this.#listed[kind] = next
    for (const key of before.keys()) if (!next.has(key)) this.#write(kind, key, 'active')
    for (const [key, entry] of next) this.#write(kind, key, entry.status, entry.issuedUntil)
  }

  #write(kind: StatusKind, key: string, status: string, issuedUntil?: number): void {
    const words = statusKey(kind, key)
    const code = statusCode(kind, status, issuedUntil)
    for (const retiring of this.#retiring) retiring.set(words, code)
    this.#table.set(words, code)
    if (this.#table.isCrowded()) this.#grow()
  }

  // The old table is kept up to date for as long as some worker may still read it.
  #grow(): void {
    const old = this.#table
    const sizes = listedKinds.map((kind) => this.#listed[kind].size)
    const table = createStatusTable(sizes.reduce((sum, size) => sum + size, 1))
    for (const kind of listedKinds) {
      for (const [key, { status, issuedUntil }] of this.#listed[kind]) {
        const code = statusCode(kind, status, issuedUntil)
        if (code !== activeStatus) table.set(statusKey(kind, key), code)
      }
    }
    this.#table = table
    this.#retiring.add(old)
    void this.#handOut(table.buffer).then(() => this.#retiring.delete(old))
  }
}

function textOf(issuers: ReadonlyMap<string, TrustedIssuer>): string {
  return JSON.stringify([...issuers].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function fromKinds<T>(make: (kind: ListedKind) => T): Record<ListedKind, T> {
  return Object.fromEntries(listedKinds.map((kind) => [kind, make(kind)])) as Record<ListedKind, T>
}

function when(issuedUntil: number | undefined): Pick<Entry, 'issuedUntil'> {
  return issuedUntil === undefined ? {} : { issuedUntil }
}

/** Of two ends of tokens the one that ends more, whichever was told last; of anything else the last. */
function later(before: Entry | undefined, entry: Entry): Entry {
  if (before?.status !== 'ended' || entry.status !== 'ended') return entry
  const until = Math.max(before.until, entry.until)
  return isSaid(entry, before) ? { ...entry, until } : { ...before, until }
}

/** Whether what is told now ends all that an earlier word did. Without a time, all tokens are ended. */
function isSaid(told: Entry | undefined, before: Entry): boolean {
  if (told === undefined) return false
  const { issuedUntil = Number.MAX_SAFE_INTEGER } = told
  return issuedUntil >= (before.issuedUntil ?? Number.MAX_SAFE_INTEGER)
}

const knownMembers = new Set([
  'epoch',
  'seq',
  'at',
  'issuers',
  'notUnderstood',
  ...Object.values(members),
])

/** What a newer authority lists and this version knows nothing of. An empty list says nothing. */
function unknownIn(snapshot: Snapshot): string[] {
  return Object.entries(snapshot)
    .filter(
      ([name, value]) => !knownMembers.has(name) && !(Array.isArray(value) && value.length === 0),
    )
    .map(([name]) => name)
}
