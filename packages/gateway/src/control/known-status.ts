import { createHash } from 'node:crypto'
import {
  type Change,
  changeKinds,
  changeMarkBase,
  changeMarkCharacters,
  type StatusKind,
  type TrustedIssuer,
} from '@sallyport/wire'
import { maxPackedTime, type PackedStatus, unpackKey } from '@sallyport/wire/status'
import { isListed, listedKinds, unknownIn } from '../status/listed-kinds.ts'
import { harmlessStatuses, isSaid, later } from '../status/later-word.ts'
import { type ListedKey, listedKeys } from '../status/listed-keys.ts'
import { type Entry, PackedList } from '../status/packed-list.ts'
import { keyWords, packedStatusKey, statusCode, statusKey } from '../status/status-code.ts'
import type { StatusControl } from '../status/status-control.ts'
import { createStatusTable } from '../status/status-table.ts'
import type { KnownChange } from '../worker/messages.ts'
import { CurrentTable } from './current-table.ts'
import { issuerKey } from './issuer-key.ts'

/**
 * For so long after its end an entry is kept. Whoever's clock ran ahead would otherwise forget a revocation
 * whose certificate is in date again when the clock is right, and the authority tells of a change once.
 */
const keptAfterEndMs = 86_400_000

export type AppliedChange = {
  /** What workers end connections by; undefined where it is of no kind that is known. */
  readonly change: KnownChange | undefined
  readonly isTrustChanged: boolean
  readonly isTrustWithdrawn: boolean
  /** An issuer's certificates are to be believed only where they are listed, and the list is still to come. */
  readonly isListMissing: boolean
}

/** How much is known: of kind `issuer` those that are believed. */
export type KnownCounts = Readonly<Record<StatusKind | 'issued' | 'unconfirmed', number>>

export type Replaced = Pick<AppliedChange, 'isTrustChanged' | 'isTrustWithdrawn'> & {
  /** What refuses, and the snapshot of another epoch knows nothing of. */
  readonly kept: number
}

/**
 * What the main thread knows of status: the whole of it, by key, and the shared table that workers
 * read. Every change is in the table before anyone is told of it.
 *
 * Where another epoch begins, whatever refused before goes on refusing until the new epoch says something of it:
 * an authority that came back with an older store has forgotten, and this gateway has not.
 */
export class KnownStatus {
  epoch = ''
  seq = -1
  /** `changeMarkBase` of change `seq`, hashed; empty where that is not known. */
  mark = ''
  readonly control: StatusControl
  #told = new PackedList()
  #unconfirmed = new PackedList()
  #issuers: ReadonlyMap<string, TrustedIssuer> = new Map()
  #notUnderstood = new Set<string>()
  readonly #table: CurrentTable

  /** @param handOut called with a table that workers are to take in place of theirs; resolves when all have */
  constructor(control: StatusControl, handOut: (table: SharedArrayBuffer) => Promise<void>) {
    this.control = control
    this.#table = new CurrentTable(handOut)
  }

  get table(): SharedArrayBuffer {
    return this.#table.buffer
  }

  get issuers(): TrustedIssuer[] {
    return [...this.#believed().values()]
  }

  get notUnderstood(): string[] {
    return [...this.#notUnderstood]
  }

  counts(): KnownCounts {
    const counts = listedKinds.map((kind) => [kind, this.#told.count(kind)] as const)
    return {
      ...(Object.fromEntries(counts) as Record<StatusKind, number>),
      issuer: this.#believed().size,
      issued: this.#told.count('certificate', 'issued'),
      unconfirmed: this.#unconfirmed.size,
    }
  }

  /** What is kept of another epoch, and this one has said nothing of: at most so many, from a place on. */
  unconfirmed(from: number, most: number): ListedKey[] {
    return listedKeys([this.#unconfirmed], () => true).slice(from, from + most)
  }

  get unconfirmedCount(): number {
    return this.#unconfirmed.size
  }

  /** The keys of a kind that are refused. */
  refused(kind: StatusKind): string[] {
    const listed = listedKeys(
      [this.#told, this.#unconfirmed],
      (of, status) => of === kind && !harmlessStatuses.has(status),
    )
    return [...new Set(listed.map(({ key }) => key))]
  }

  /** Thumbprints of the certificates that were issued and have not ended, of apps where they are known. */
  issued(): string[] {
    const isIssued = (of: string, status: string) => of === 'certificate' && status === 'issued'
    return listedKeys([this.#told], isIssued).map(({ key }) => key)
  }

  /**
   * Takes a snapshot in place of everything known of its epoch. Workers read what was known until `handOut`.
   *
   * @param now milliseconds: what ended long before is not kept of another epoch
   */
  replace(status: PackedStatus, now = Date.now()): Replaced {
    const before = { told: this.#told, unconfirmed: this.#unconfirmed, issuers: this.#believed() }
    const isOther = this.epoch !== '' && this.epoch !== status.epoch
    const known = status.sections.filter(({ kind }) => isListed(kind))
    this.#told = new PackedList(known.filter(({ isUnconfirmed }) => !isUnconfirmed))
    this.#unconfirmed = new PackedList(known.filter(({ isUnconfirmed }) => isUnconfirmed))
    this.#keepOf(before.unconfirmed, now)
    if (isOther) this.#keepOf(before.told, now)
    this.#issuers = new Map(status.issuers.map((issuer) => [issuerKey(issuer), issuer]))
    this.epoch = status.epoch
    this.seq = status.seq
    this.mark = status.mark
    // One on disk may have been written by a newer version of the gateway, which understood more.
    this.#notUnderstood = new Set([...(status.notUnderstood ?? []), ...unknownIn(status)])
    const issuers = this.#believed()
    const gone = [...before.issuers.keys()].filter((key) => !issuers.has(key))
    this.#rebuild(gone)
    this.#noted()
    this.control.setSnapshot()
    return {
      isTrustWithdrawn: gone.length > 0,
      // Also where a CA stays, and what is said of it does not.
      isTrustChanged: textOf(before.issuers) !== textOf(issuers),
      kept: this.#unconfirmed.size,
    }
  }

  /** Refuses everything from now on, also after a restart: what this gateway was told of itself. */
  refuseAll(why: string): void {
    this.#notUnderstood.add(why)
    this.#noted()
  }

  /** Has workers read what is known by now, after `replace`. */
  handOut(): void {
    this.#table.handOut()
  }

  apply(change: Change): AppliedChange {
    const { seq, kind, key, status, issuer } = change
    this.seq = seq
    this.mark = createHash('sha256')
      .update(changeMarkBase(change))
      .digest('base64url')
      .slice(0, changeMarkCharacters)
    const known = changeKinds.find((each) => each === kind)
    const nothing = { isTrustChanged: false, isTrustWithdrawn: false, isListMissing: false }
    if (known === undefined) {
      this.#notUnderstood.add(kind)
      this.#noted()
      return { change: undefined, ...nothing }
    }
    if (known === 'lift' || known === 'gateway') {
      return { change: { seq, kind: known, key, status }, ...nothing }
    }
    if (known === 'issuer') return this.#applyIssuer(seq, key, status, change, issuer)
    const entry = this.#say(known, key, change)
    this.#noted()
    return { change: { seq, kind: known, key, status, ...when(entry.issuedUntil) }, ...nothing }
  }

  /** Everything that is known, to be kept. Forgets what expired long ago. */
  packed(at: number): PackedStatus {
    this.#told = this.#told.packed(at - keptAfterEndMs, false)
    this.#unconfirmed = this.#unconfirmed.packed(at - keptAfterEndMs, true)
    return {
      epoch: this.epoch,
      seq: this.seq,
      at,
      mark: this.mark,
      issuers: [...this.#issuers.values()],
      notUnderstood: this.notUnderstood,
      sections: [...this.#told.sections, ...this.#unconfirmed.sections],
    }
  }

  #applyIssuer(
    seq: number,
    key: string,
    status: string,
    change: Change,
    issuer: TrustedIssuer | undefined,
  ): AppliedChange {
    const isActive = status === 'active'
    const before = this.#issuers.get(key)
    const issuers = new Map(this.#issuers)
    // Until the list is here, what was believed of its certificates before goes on.
    const isListMissing = issuer?.status === 'issued' && before?.status !== 'issued'
    if (!isActive) issuers.delete(key)
    else if (issuer !== undefined && !(isListMissing && before !== undefined)) {
      issuers.set(key, issuer)
    }
    this.#issuers = issuers
    this.#say('issuer', key, { ...change, status: isActive ? 'active' : 'withdrawn' })
    this.#noted()
    return {
      change: { seq, kind: 'issuer', key, status },
      isTrustChanged: true,
      isTrustWithdrawn: !isActive,
      isListMissing,
    }
  }

  #say(kind: StatusKind, key: string, { status, until, issuedUntil }: Change): Entry {
    const told: Entry = { status, until: until ?? maxPackedTime, ...when(issuedUntil) }
    const entry = later(this.#told.get(kind, key), told)
    this.#told.set(kind, key, entry)
    const kept = this.#unconfirmed.get(kind, key)
    if (kept !== undefined && isSaid(entry, kept)) {
      this.#unconfirmed.set(kind, key, { ...kept, status: 'active' })
    }
    this.#write(kind, key, this.#strongest(kind, key) ?? entry)
    return entry
  }

  /** Takes what refuses out of an older list, where what is told now does not say as much. */
  #keepOf(list: PackedList, now: number): void {
    list.each((kind, form, keys, at, width, entry) => {
      if (harmlessStatuses.has(entry.status) || entry.until + keptAfterEndMs < now) return
      const key = unpackKey(form, keys.subarray(at, at + width))
      const known = kind as StatusKind
      if (this.#told.letsGo(known, key)) return
      const told = this.#told.get(known, key)
      // That it was issued was so before it ended, too.
      if (told !== undefined && !harmlessStatuses.has(told.status) && isSaid(told, entry)) return
      this.#unconfirmed.set(known, key, later(this.#unconfirmed.get(known, key), entry))
    })
  }

  /** Of what is told and what is kept that which refuses more. */
  #strongest(kind: StatusKind, key: string): Entry | undefined {
    const kept = this.#unconfirmed.get(kind, key)
    return kept === undefined || kept.status === 'active' ? this.#told.get(kind, key) : kept
  }

  #believed(): ReadonlyMap<string, TrustedIssuer> {
    const withdrawn = [...this.#issuers.keys()].filter(
      (key) => this.#strongest('issuer', key)?.status === 'withdrawn',
    )
    if (withdrawn.length === 0) return this.#issuers
    return new Map([...this.#issuers].filter(([key]) => !withdrawn.includes(key)))
  }

  #noted(): void {
    this.control.setIgnorant(this.#notUnderstood.size > 0)
    this.control.raiseVersion()
  }

  #write(kind: StatusKind, key: string, { status, issuedUntil }: Omit<Entry, 'until'>): void {
    this.#table.set(statusKey(kind, key), statusCode(kind, status, issuedUntil))
    if (!this.#table.isCrowded) return
    this.#rebuild([])
    this.handOut()
  }

  /**
   * Another table of what is known.
   *
   * @param gone issuers that were believed until now
   */
  #rebuild(gone: readonly string[]): void {
    const table = createStatusTable(this.#told.size + this.#unconfirmed.size + gone.length)
    const words = new Int32Array(keyWords)
    for (const list of [this.#told, this.#unconfirmed]) {
      list.each((kind, form, keys, at, width, { status, issuedUntil }) => {
        const known = kind as StatusKind
        packedStatusKey(known, form, keys, at, width, words)
        table.set(words, statusCode(known, status, issuedUntil))
      })
    }
    for (const key of gone) table.set(statusKey('issuer', key), statusCode('issuer', 'withdrawn'))
    this.#table.replace(table)
  }
}

function textOf(issuers: ReadonlyMap<string, TrustedIssuer>): string {
  return JSON.stringify([...issuers].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function when(issuedUntil: number | undefined): Pick<Entry, 'issuedUntil'> {
  return issuedUntil === undefined ? {} : { issuedUntil }
}
