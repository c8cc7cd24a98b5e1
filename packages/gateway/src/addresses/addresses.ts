/** Why an address is blocked. */
export type AddressBlock = {
  /** The list that holds it: `deny`, the name of a file or of a fetched list, or `temporary`. */
  readonly list: string
  /** The entry of the list, as `192.0.2.0/24`. Undefined where the address is in none of `allow`. */
  readonly network: string | undefined
  /** Of temporary blocks: what for. */
  readonly why?: string
  /** Of temporary blocks: milliseconds from now, by the monotonic clock. */
  readonly endsInMs?: number
}

/** Which addresses are not served: the lists of the configuration, and what stages block for a time. */
export type Addresses = {
  /**
   * What blocks an address; undefined where nothing does, or where it is exempt.
   *
   * @param address as `Caller.address` has it: IPv6 without brackets
   */
  readonly find: (address: string) => AddressBlock | undefined
  /** To be read before `find`: as long as it stands still, what was found holds, for `AddressBlock.endsInMs`. */
  readonly version: () => number
  /**
   * Blocks an address or network for so many milliseconds, for all workers at once. An address of IPv6 alone is
   * blocked with its /64, which is one customer (RFC 6177). A block that is there already is
   * prolonged, never shortened.
   *
   * @param network `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/64`
   * @param why what decisions say of it; 32 characters are kept
   * @returns false where it is no address, or there is no room: blocks that hold are never given up
   *   for new ones
   */
  readonly block: (network: string, forMs: number, why: string) => boolean
}
