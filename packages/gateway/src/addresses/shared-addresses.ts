import { monotonicMs } from '../counters/shared-clock.ts'
import type { AddressBlock, Addresses } from './addresses.ts'
import {
  type AddressWords,
  isMapped,
  networkOf,
  networkText,
  parseAddress,
  parseNetwork,
} from './network.ts'
import { type NetworkTree, readNetworkTree } from './network-tree.ts'
import type { TemporaryBlock } from './block-slots.ts'
import { temporaryBlocks, type TemporaryBlocks } from './temporary-blocks.ts'

/** The lists in force, made by the main thread. Trees are shared, names stand under the numbers in them. */
export type AddressTables = {
  /** Undefined where no list allows: then all is allowed that nothing denies. */
  readonly allow: SharedArrayBuffer | undefined
  readonly deny: SharedArrayBuffer
  /** What no list and no temporary block stops. */
  readonly exempt: SharedArrayBuffer
  /** Names of lists; the number 1 in a tree is the first. */
  readonly lists: readonly string[]
}

/** Temporary blocks that one thread raised for one reason, and those that found no room. */
export type BlockCount = { readonly why: string; raised: number; noRoom: number }

/** Both numbers in one: 2³¹ blocks between two restarts are out of reach. */
const maxInstalls = 1_024
/** One customer of IPv6 (RFC 6177). */
const customerBits = 64
const addressBits = 128

/** A thread's view of the lists and of temporary blocks. */
export class SharedAddresses implements Addresses {
  readonly #blocks: TemporaryBlocks
  readonly #now: () => number
  #allow: NetworkTree | undefined
  #deny: NetworkTree
  #exempt: NetworkTree
  #lists: readonly string[]
  #installs = 0
  readonly #raised = new Map<string, BlockCount>()

  /**
   * @param owner the number of this thread's own in what threads share
   * @param now the monotonic clock that all threads share, milliseconds
   */
  constructor(
    tables: AddressTables,
    blocks: SharedArrayBuffer,
    owner: number,
    now: () => number = monotonicMs,
  ) {
    this.#blocks = temporaryBlocks(blocks, owner)
    this.#now = now
    this.#allow = tables.allow === undefined ? undefined : readNetworkTree(tables.allow)
    this.#deny = readNetworkTree(tables.deny)
    this.#exempt = readNetworkTree(tables.exempt)
    this.#lists = tables.lists
  }

  install(tables: AddressTables): void {
    this.#allow = tables.allow === undefined ? undefined : readNetworkTree(tables.allow)
    this.#deny = readNetworkTree(tables.deny)
    this.#exempt = readNetworkTree(tables.exempt)
    this.#lists = tables.lists
    this.#installs++
  }

  readonly version = (): number =>
    this.#blocks.version() * maxInstalls + (this.#installs % maxInstalls)

  readonly find = (address: string): AddressBlock | undefined => {
    const words = parseAddress(address)
    return words === undefined ? undefined : this.findWords(words)
  }

  findWords(words: AddressWords): AddressBlock | undefined {
    const blocked = this.#deny.find(words)
    const now = this.#now()
    const temporary = this.#blocks.find(words, now)
    const isOutside = this.#allow !== undefined && this.#allow.valueFor(words) === 0
    if (blocked === undefined && temporary === undefined && !isOutside) return undefined
    if (this.#exempt.valueFor(words) !== 0) return undefined
    if (blocked !== undefined) {
      return { list: this.#nameOf(blocked.value), network: networkText(blocked.network) }
    }
    return temporary === undefined ? { list: 'allow', network: undefined } : blockOf(temporary, now)
  }

  readonly block = (network: string, forMs: number, why: string): boolean => {
    const parsed = parseNetwork(network)
    if (parsed === undefined) return false
    const isCustomer = parsed.length === addressBits && !isMapped(parsed.words)
    const blocked = isCustomer ? networkOf(parsed.words, customerBits) : parsed
    const now = this.#now()
    const isHeld = this.#blocks.add({ network: blocked, until: now + forMs, why }, now)
    this.#count(why)[isHeld ? 'raised' : 'noRoom']++
    return isHeld
  }

  /** What this thread raised, by reason: the name of a rule, of which a configuration has few. */
  raised(): readonly BlockCount[] {
    return [...this.#raised.values()]
  }

  #count(why: string): BlockCount {
    let count = this.#raised.get(why)
    if (count === undefined) {
      count = { why, raised: 0, noRoom: 0 }
      this.#raised.set(why, count)
    }
    return count
  }

  #nameOf(value: number): string {
    return this.#lists[value - 1] ?? 'deny'
  }
}

function blockOf({ network, until, why }: TemporaryBlock, now: number): AddressBlock {
  return { list: 'temporary', network: networkText(network), endsInMs: until - now, why }
}
