/**
 * An address in 128 bits: four words, the first one the highest. IPv4 is IPv4-mapped
 * (`::ffff:192.0.2.7`, RFC 4291 §2.5.5.2), so that the same address has one form however it came.
 */
export type AddressWords = Int32Array

/** All addresses whose first `length` bits are those of `words`; the others are 0. */
export type Network = { readonly words: AddressWords; readonly length: number }

const mappedWord = 0xffff
/** Bits of a mapped address before those of IPv4. */
const mappedBits = 96
const fullLength = 128
/** Longer than any address in text, zone included. */
const maxTextLength = 64

export function isMapped(words: AddressWords): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === mappedWord
}

/** An address in text (RFC 4291 §2.2, dotted decimal without leading zeros); a zone is passed over. */
export function parseAddress(text: string): AddressWords | undefined {
  if (text.length > maxTextLength) return undefined
  const words = new Int32Array(4)
  if (!text.includes(':')) {
    const last = parseDotted(text)
    if (last === undefined) return undefined
    words[2] = mappedWord
    words[3] = last
    return words
  }
  const zone = text.indexOf('%')
  return parseGroups(zone < 0 ? text : text.slice(0, zone), words) ? words : undefined
}

const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

// A leading zero means octal to some (CVE-2021-28918 and its kin): refused.
function parseDotted(text: string): number | undefined {
  const match = dotted.exec(text)
  if (match === null) return undefined
  let value = 0
  for (let index = 1; index <= 4; index++) {
    const part = match[index] ?? ''
    const octet = Number(part)
    if (octet > 255 || (part.length > 1 && part.startsWith('0'))) return undefined
    value = (value << 8) | octet
  }
  return value
}

const group = /^[0-9A-Fa-f]{1,4}$/
const groupsOfAddress = 8

function parseGroups(text: string, words: AddressWords): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const left = groupsOf(halves[0] ?? '', halves.length === 1)
  const right = groupsOf(halves[1] ?? '', true)
  if (left === undefined || right === undefined) return false
  const count = left.length + right.length
  if (halves.length === 1 ? count !== groupsOfAddress : count >= groupsOfAddress) return false
  for (const [index, value] of left.entries()) setGroup(words, index, value)
  for (const [index, value] of right.entries()) {
    setGroup(words, groupsOfAddress - right.length + index, value)
  }
  return true
}

/** @param isLast whether it may end in an address of IPv4, which is two groups */
function groupsOf(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  if (parts.length > groupsOfAddress) return undefined
  const groups: number[] = []
  for (const [index, part] of parts.entries()) {
    if (group.test(part)) groups.push(Number.parseInt(part, 16))
    else {
      const last = isLast && index === parts.length - 1 ? parseDotted(part) : undefined
      if (last === undefined) return undefined
      groups.push(last >>> 16, last & 0xffff)
    }
  }
  return groups
}

function setGroup(words: AddressWords, index: number, value: number): void {
  const word = index >> 1
  words[word] = (words[word] ?? 0) | (index % 2 === 0 ? value << 16 : value)
}

const prefixLength = /^(?:0|[1-9]\d{0,2})$/

/** An address, which stands for itself alone, or a network in CIDR notation (RFC 4632). */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  if (address.includes('%')) return undefined
  const words = parseAddress(address)
  if (words === undefined) return undefined
  if (slash < 0) return { words, length: fullLength }
  const digits = text.slice(slash + 1)
  if (!prefixLength.test(digits)) return undefined
  const length = Number(digits) + (address.includes(':') ? 0 : mappedBits)
  return length > fullLength ? undefined : networkOf(words, length)
}

/** The network of so many bits that an address lies in. */
export function networkOf(words: AddressWords, length: number): Network {
  const masked = new Int32Array(4)
  for (let word = 0; word < 4; word++) {
    masked[word] = (words[word] ?? 0) & maskOf(length - word * 32)
  }
  return { words: masked, length }
}

/** The first bits of a word set: none below 1, all from 32 on. */
export function maskOf(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? -1 : -1 << (32 - bits)
}

/** Whether nothing stands behind the prefix: `192.0.2.7/24` is most likely a slip. */
export function isExact(text: string, network: Network): boolean {
  const given = parseAddress(text.split('/', 1)[0] ?? '')
  return given?.every((word, index) => word === network.words[index]) === true
}

/** `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32` (RFC 5952). */
export function networkText({ words, length }: Network): string {
  if (isMapped(words) && length >= mappedBits) {
    const value = words[3] ?? 0
    const text = [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')
    return length === fullLength ? text : `${text}/${length - mappedBits}`
  }
  const groups = [...words].flatMap((word) => [word >>> 16, word & 0xffff])
  const text = groupsText(groups)
  return length === fullLength ? text : `${text}/${length}`
}

// RFC 5952 §4.2: the longest run of zero groups, the first of equals, at least two, is ::.
function groupsText(groups: readonly number[]): string {
  let best = { from: 0, count: 1 }
  for (let from = 0; from < groups.length; from++) {
    let count = 0
    while (groups[from + count] === 0) count++
    if (count > best.count) best = { from, count }
    if (count > 0) from += count - 1
  }
  const hex = groups.map((value) => value.toString(16))
  if (best.count < 2) return hex.join(':')
  return `${hex.slice(0, best.from).join(':')}::${hex.slice(best.from + best.count).join(':')}`
}

/** An address as everything else writes it: IPv4 as itself, IPv6 as RFC 5952 has it, no zone. */
export function canonicalAddress(text: string): string | undefined {
  const words = parseAddress(text)
  return words === undefined ? undefined : networkText({ words, length: fullLength })
}
