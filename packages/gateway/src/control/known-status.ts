import type { Change, ChangeKind, Snapshot, TrustedIssuer } from '@sallyport/wire'
import { changeKinds } from '@sallyport/wire'
import type { KnownChange } from '../worker/messages.ts'
import { activeStatus, statusCode, statusKey } from '../status/status-code.ts'
import type { StatusControl } from '../status/status-control.ts'
import { createStatusTable, type StatusWriter } from '../status/status-table.ts'
import { issuerKey } from './issuer-key.ts'

type Entry = { readonly status: string; readonly until: number }
type ListedKind = Exclude<ChangeKind, 'issuer'>

/** As it is kept on disk: a snapshot, and the kinds of change that were not understood. */
export type KeptSnapshot = Snapshot & { readonly notUnderstood: readonly string[] }

export type AppliedChange = {
  /** What workers end connections by; undefined where it is of no kind that is known. */
  readonly change: KnownChange | undefined
  readonly isTrustChanged: boolean
  readonly isTrustWithdrawn: boolean
}

export type Replaced = Omit<AppliedChange, 'change'> & {
  /** Revocations that the snapshot knows nothing of. */
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
  readonly #listed: Record<ListedKind, Map<string, Entry>> = {
    certificate: new Map(),
    device: new Map(),
  }
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
    const { certificate, device } = this.#listed
    return { certificate: certificate.size, device: device.size, issuer: this.#issuers.size }
  }

  /** Takes a snapshot in place of everything known. */
  replace(snapshot: Snapshot | KeptSnapshot): Replaced {
    const before = this.#issuers
    const isBehind = snapshot.epoch !== this.epoch || snapshot.seq < this.seq
    const certificates = isBehind ? this.#revokedBesides('certificate', snapshot.certificates) : []
    const devices = isBehind ? this.#revokedBesides('device', snapshot.devices) : []
    const issuers = new Map(snapshot.issuers.map((issuer) => [issuerKey(issuer), issuer]))
    this.#replaceListed('certificate', [...snapshot.certificates, ...certificates])
    this.#replaceListed('device', [...snapshot.devices, ...devices])
    for (const key of before.keys()) if (!issuers.has(key)) this.#write('issuer', key, 'withdrawn')
    for (const key of issuers.keys()) this.#write('issuer', key, 'active')
    this.#issuers = issuers
    this.epoch = snapshot.epoch
    this.seq = snapshot.seq
    this.#notUnderstood = new Set(
      'notUnderstood' in snapshot ? snapshot.notUnderstood : unknownIn(snapshot),
    )
    this.#told()
    this.control.setSnapshot()
    const isTrustWithdrawn = [...before.keys()].some((key) => !issuers.has(key))
    // Also where a CA stays, and what is said of it does not.
    const isTrustChanged = textOf(before) !== textOf(issuers)
    const keptRevocations = certificates.length + devices.length
    return { isTrustWithdrawn, isTrustChanged, keptRevocations }
  }

  apply({ seq, kind, key, status, until, issuer }: Change): AppliedChange {
    this.seq = seq
    const known = changeKinds.find((each) => each === kind)
    if (known === undefined) {
      this.#notUnderstood.add(kind)
      this.#told()
      return { change: undefined, isTrustChanged: false, isTrustWithdrawn: false }
    }
    const isIssuer = known === 'issuer'
    const isActive = status === 'active'
    if (!isIssuer) this.#list(known, key, { status, until: until ?? Number.MAX_SAFE_INTEGER })
    else if (isActive && issuer !== undefined) this.#issuers.set(key, issuer)
    else if (!isActive) this.#issuers.delete(key)
    this.#write(known, key, isIssuer && !isActive ? 'withdrawn' : status)
    this.#told()
    return {
      change: { seq, kind: known, key, status },
      isTrustChanged: isIssuer,
      isTrustWithdrawn: isIssuer && !isActive,
    }
  }

  /** Forgets what has expired. */
  snapshot(at: number): KeptSnapshot {
    const entries = (kind: ListedKind) => {
      const listed = this.#listed[kind]
      for (const [key, { until }] of listed) if (until < at) listed.delete(key)
      return [...listed].map(([key, { status, until }]) => ({ key, status, until }))
    }
    return {
      epoch: this.epoch,
      seq: this.seq,
      at,
      issuers: this.issuers,
      certificates: entries('certificate'),
      devices: entries('device'),
      notUnderstood: this.notUnderstood,
    }
  }

  // An authority that came back with an older store has forgotten, and revoked is final: what was once
  // told stays, until it expires.
  #revokedBesides(kind: ListedKind, entries: Snapshot['devices']): Snapshot['devices'] {
    const told = new Set(entries.filter(({ status }) => status === 'revoked').map(({ key }) => key))
    return [...this.#listed[kind]]
      .filter(([key, { status }]) => status === 'revoked' && !told.has(key))
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

  #replaceListed(kind: ListedKind, entries: Snapshot['devices']): void {
    const next = new Map(entries.map(({ key, status, until }) => [key, { status, until }]))
    const before = this.#listed[kind]
    this.#listed[kind] = next
    for (const key of before.keys()) if (!next.has(key)) this.#write(kind, key, 'active')
    for (const [key, { status }] of next) this.#write(kind, key, status)
  }

  #write(kind: ChangeKind, key: string, status: string): void {
    const words = statusKey(kind, key)
    const code = statusCode(kind, status)
    for (const retiring of this.#retiring) retiring.set(words, code)
    this.#table.set(words, code)
    if (this.#table.isCrowded()) this.#grow()
  }

  // The old table is kept up to date for as long as some worker may still read it.
  #grow(): void {
    const old = this.#table
    const { certificate, device } = this.#listed
    const table = createStatusTable(certificate.size + device.size + 1)
    for (const [kind, listed] of Object.entries(this.#listed)) {
      for (const [key, { status }] of listed) {
        const code = statusCode(kind as ListedKind, status)
        if (code !== activeStatus) table.set(statusKey(kind as ListedKind, key), code)
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

const knownMembers = new Set(['epoch', 'seq', 'at', 'issuers', 'certificates', 'devices'])

/** What a newer authority lists and this version knows nothing of. An empty list says nothing. */
function unknownIn(snapshot: Snapshot): string[] {
  return Object.entries(snapshot)
    .filter(
      ([name, value]) => !knownMembers.has(name) && !(Array.isArray(value) && value.length === 0),
    )
    .map(([name]) => name)
}
