import type { HeldBlock } from '@sallyport/wire'
import { mainOwner } from '../counters/counter-memory.ts'
import { monotonicMs } from '../counters/shared-clock.ts'
import type { Log } from '../log/log.ts'
import type { AddressPlan, FetchedList, ListEffect } from './address-plan.ts'
import { type FetchedText, fetchList, type FetchOptions, type Validators } from './fetch-list.ts'
import { keptListFile, readKeptList, touchKeptList, writeKeptList } from './kept-list.ts'
import { listFault, parseList } from './list-format.ts'
import { type Network, networkText, parseNetwork } from './network.ts'
import { buildNetworkTree, type NumberedNetwork } from './network-tree.ts'
import type { AddressTables } from './shared-addresses.ts'
import { temporaryBlocks, temporaryBlocksBuffer } from './temporary-blocks.ts'

export type AddressKeeperOptions = {
  readonly log: Log
  /** Where fetched lists are kept. */
  readonly directory: string
  /** Told of every change of the lists. */
  readonly onTables: (tables: AddressTables) => void
  readonly fetch?: (list: FetchedList, options: FetchOptions) => Promise<FetchedText | undefined>
}

/** What is known of one list, for the operator. */
export type ListFacts = {
  readonly name: string
  readonly effect: ListEffect
  readonly entries: number
  /** Of fetched lists: milliseconds; undefined where it never was. */
  readonly fetchedAt?: number | undefined
  /** Of fetched lists: how often, by what came of it. */
  readonly fetches?: Readonly<Record<FetchOutcome, number>>
}

/** What metrics say of addresses. */
export type AddressFacts = {
  readonly lists: readonly ListFacts[]
  /** How many temporary blocks hold, by what for. */
  readonly blocks: Readonly<Record<string, number>>
}

type FetchOutcome = 'taken' | 'unchanged' | 'failed'

const sweepMs = 5_000
/** After a failure, sooner than the schedule says. */
const retryMs = 5 * 60_000
const maxListed = 1_000

type Kept = {
  networks: readonly Network[]
  validators: Validators
  fetchedAt: number | undefined
  readonly fetches: Record<FetchOutcome, number>
  timer: NodeJS.Timeout | undefined
}

/** Knows every list and makes the tables of them: the main thread's side of addresses. */
export class AddressKeeper {
  readonly blocks = temporaryBlocksBuffer()
  readonly #options: AddressKeeperOptions
  readonly #temporary = temporaryBlocks(this.blocks, mainOwner)
  readonly #fetched = new Map<string, Kept>()
  readonly #sweep: NodeJS.Timeout
  #plan: AddressPlan = { lists: [], fetched: [] }
  #tables: AddressTables
  #isClosed = false

  constructor(options: AddressKeeperOptions) {
    this.#options = options
    this.#tables = this.#build()
    this.#sweep = setInterval(() => this.#temporary.sweep(monotonicMs()), sweepMs)
    this.#sweep.unref()
  }

  get tables(): AddressTables {
    return this.#tables
  }

  /** Takes the lists of a configuration; those that are fetched from disk first, and then by their schedule. */
  async use(plan: AddressPlan): Promise<void> {
    const before = new Map(this.#plan.fetched.map((list) => [list.name, list]))
    const names = new Set(plan.fetched.map(({ name }) => name))
    for (const [name, { timer }] of this.#fetched) {
      clearTimeout(timer)
      if (!names.has(name)) this.#fetched.delete(name)
    }
    this.#plan = plan
    for (const list of plan.fetched) {
      if (before.get(list.name)?.url !== list.url)
        this.#fetched.set(list.name, await this.#read(list))
    }
    this.#renew()
    for (const list of plan.fetched) this.#schedule(list)
  }

  /** Releases what a thread held of the temporary blocks that is no more. */
  release(owner: number | undefined): void {
    if (owner !== undefined) this.#temporary.release(owner)
  }

  /** Ends temporary blocks before their time: those that cover a network, or lie within it. */
  lift(text: string): void {
    const network = parseNetwork(text)
    if (network === undefined) return
    const blocks = this.#temporary.lift(network, monotonicMs())
    this.#options.log.info({ network: text, blocks }, 'temporary blocks of addresses were lifted')
  }

  /** The temporary blocks that hold, at most so many; until when by the wall clock, to the second. */
  held(maximum: number): HeldBlock[] {
    const now = monotonicMs()
    const wallNow = Date.now()
    return this.#temporary.list(now, maximum).map(({ network, until, why }) => ({
      network: networkText(network),
      until: Math.ceil((wallNow + until - now) / 1_000) * 1_000,
      why,
    }))
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#sweep)
    for (const { timer } of this.#fetched.values()) clearTimeout(timer)
  }

  /** What the operator sees: the lists, and the blocks that hold now. */
  overview(): { lists: ListFacts[]; blocks: { network: string; until: string; why: string }[] } {
    const blocks = this.held(maxListed).map(({ network, until, why }) => ({
      network,
      until: new Date(until).toISOString(),
      why,
    }))
    return { lists: this.#facts(), blocks }
  }

  facts(): AddressFacts {
    const blocks: Record<string, number> = Object.create(null) as Record<string, number>
    for (const { why } of this.held(Number.POSITIVE_INFINITY)) blocks[why] = (blocks[why] ?? 0) + 1
    return { lists: this.#facts(), blocks }
  }

  #facts(): ListFacts[] {
    const lists = this.#plan.lists.map(({ name, effect, networks }) => ({
      name,
      effect,
      entries: networks.length,
    }))
    const fetched = this.#plan.fetched.map(({ name }): ListFacts => {
      const { networks, fetchedAt, fetches } = this.#fetched.get(name) ?? nothingKept()
      return { name, effect: 'deny', entries: networks.length, fetchedAt, fetches }
    })
    return [...lists, ...fetched]
  }

  #renew(): void {
    this.#tables = this.#build()
    this.#options.onTables(this.#tables)
  }

  #build(): AddressTables {
    const names: string[] = []
    const numbered: Record<ListEffect, NumberedNetwork[]> = { deny: [], allow: [], exempt: [] }
    const add = (name: string, effect: ListEffect, networks: readonly Network[]): void => {
      const value = names.push(name)
      for (const network of networks) numbered[effect].push({ network, value })
    }
    for (const { name, effect, networks } of this.#plan.lists) add(name, effect, networks)
    for (const { name } of this.#plan.fetched) {
      add(name, 'deny', this.#fetched.get(name)?.networks ?? [])
    }
    const isAllowing = this.#plan.lists.some(({ effect }) => effect === 'allow')
    return {
      allow: isAllowing ? buildNetworkTree(numbered.allow) : undefined,
      deny: buildNetworkTree(numbered.deny),
      exempt: buildNetworkTree(numbered.exempt),
      lists: names,
    }
  }

  #schedule(list: FetchedList): void {
    const kept = this.#fetched.get(list.name)
    if (kept === undefined) return
    const refreshMs = list.refreshMinutes * 60_000
    const age = kept.fetchedAt === undefined ? refreshMs : Date.now() - kept.fetchedAt
    this.#fetchIn(list, kept, Math.max(0, Math.min(refreshMs, refreshMs - age)))
  }

  #fetchIn(list: FetchedList, kept: Kept, ms: number): void {
    clearTimeout(kept.timer)
    if (this.#isClosed) return
    kept.timer = setTimeout(() => void this.#fetch(list, kept), ms)
    kept.timer.unref()
  }

  async #fetch(list: FetchedList, kept: Kept): Promise<void> {
    const { log, fetch = fetchList } = this.#options
    const refreshMs = list.refreshMinutes * 60_000
    const file = keptListFile(this.#options.directory, list.url)
    try {
      const found = await fetch(list, { held: kept.validators })
      const networks = found === undefined ? kept.networks : accepted(found.text)
      // Taken out of the configuration, or replaced, in the meantime.
      if (this.#isClosed || this.#fetched.get(list.name) !== kept) return
      const now = Date.now()
      kept.fetchedAt = now
      kept.fetches[found === undefined ? 'unchanged' : 'taken']++
      this.#fetchIn(list, kept, refreshMs)
      if (found === undefined) {
        log.info({ list: list.name, entries: networks.length }, 'a block list has not changed')
        // Where the file is gone, the next fetch is of the whole list, and is kept.
        if (!(await touchKeptList(file, now))) kept.validators = {}
        return
      }
      kept.networks = networks
      kept.validators = found.validators
      this.#renew()
      log.info({ list: list.name, entries: networks.length }, 'a block list was fetched')
      await this.#keep(list, found)
    } catch (error) {
      kept.fetches.failed++
      const said = error instanceof Error ? error.message : String(error)
      const facts = { list: list.name, url: list.url, error: said, entries: kept.networks.length }
      log.warn(facts, 'a block list could not be refreshed: the last good one stays in force')
      if (this.#fetched.get(list.name) === kept) {
        this.#fetchIn(list, kept, Math.min(retryMs, refreshMs))
      }
    }
  }

  async #read({ url }: FetchedList): Promise<Kept> {
    const file = keptListFile(this.#options.directory, url)
    try {
      const { text, validators, fetchedAt } = await readKeptList(file)
      return { ...nothingKept(), networks: accepted(text), validators, fetchedAt }
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (!isMissing) {
        this.#options.log.warn({ file, error: String(error) }, 'a kept block list cannot be read')
      }
      return nothingKept()
    }
  }

  // For a start while nobody can be asked. It is in force, whatever comes of this.
  async #keep({ name, url }: FetchedList, found: FetchedText): Promise<void> {
    const file = keptListFile(this.#options.directory, url)
    try {
      await writeKeptList(file, found)
    } catch (error) {
      this.#options.log.warn(
        { list: name, file, error: String(error) },
        'a block list was fetched and is in force, but could not be kept for the next start',
      )
    }
  }
}

function nothingKept(): Kept {
  const fetches = { taken: 0, unchanged: 0, failed: 0 }
  return { networks: [], validators: {}, fetchedAt: undefined, fetches, timer: undefined }
}

/** @throws RangeError where it is no list */
function accepted(text: string): readonly Network[] {
  const list = parseList(text)
  const fault = listFault(list)
  if (fault !== undefined) throw new RangeError(fault)
  return list.networks
}
