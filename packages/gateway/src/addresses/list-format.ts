import { type Network, networkOf, networkText, parseAddress, parseNetwork } from './network.ts'

/** What became of the lines of a list. */
export type ParsedList = {
  readonly networks: readonly Network[]
  /** Lines that are neither a network nor a comment. */
  readonly unreadable: number
  /** The first of them, for people. */
  readonly example: string | undefined
}

/** Lists of known attackers have tens of thousands; beyond this many something else was fetched. */
export const maxEntries = 250_000
const maxLineCharacters = 1_000
const comment = /^\s*(?:$|[#;]|\/\/)/

/**
 * A list of networks as they are published: one a line, as address or CIDR, with whatever words behind it
 * (Spamhaus DROP, FireHOL, ipsum, CSV); `first-last`; first, last and prefix length in columns (DShield);
 * an object of JSON a line with `cidr` or `ip` (Spamhaus DROP in JSON).
 *
 * @throws RangeError where there are more than any list has
 */
export function parseList(text: string): ParsedList {
  const networks: Network[] = []
  let unreadable = 0
  let example: string | undefined
  for (const line of text.split(/\r\n?|\n/)) {
    if (comment.test(line)) continue
    const read = line.length > maxLineCharacters ? undefined : parseLine(line)
    if (read === undefined) {
      unreadable++
      example ??= line.slice(0, 80)
      continue
    }
    networks.push(...read)
    if (networks.length > maxEntries) throw new RangeError(`more than ${maxEntries} entries`)
  }
  return { networks, unreadable, example }
}

function parseLine(line: string): Network[] | undefined {
  if (line.trimStart().startsWith('{')) return parseObject(line)
  const [first = '', second = '', third = ''] = line
    .trim()
    .split(/[\s,;#|"]+/)
    .filter(isFilled)
  if (/^\d{1,3}$/.test(third) && parseAddress(second) !== undefined && !second.includes(':')) {
    return single(`${first}/${third}`)
  }
  const hyphen = first.indexOf('-')
  if (hyphen > 0) return parseRange(first.slice(0, hyphen), first.slice(hyphen + 1))
  return single(first)
}

function isFilled(text: string): boolean {
  return text !== ''
}

function single(text: string): Network[] | undefined {
  const network = parseNetwork(text)
  return network === undefined ? undefined : [network]
}

// Spamhaus ends its list with a line of metadata: an object without a network is a comment.
function parseObject(line: string): Network[] | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) return undefined
    const entry = value as { readonly cidr?: unknown; readonly ip?: unknown }
    const network = entry.cidr ?? entry.ip
    if (network === undefined) return []
    return typeof network === 'string' ? single(network) : undefined
  } catch {
    return undefined
  }
}

const ipv4Bits = 32
const mappedBits = 96

/** The networks that make up a range of IPv4, at most 62 (RFC 4632 §5.1). */
function parseRange(first: string, last: string): Network[] | undefined {
  const [from, to] = [parseAddress(first), parseAddress(last)]
  if (from === undefined || to === undefined || `${first}${last}`.includes(':')) return undefined
  let at = (from[3] ?? 0) >>> 0
  const end = (to[3] ?? 0) >>> 0
  if (at > end) return undefined
  const networks: Network[] = []
  while (at <= end) {
    let bits = at === 0 ? ipv4Bits : Math.min(ipv4Bits, 31 - Math.clz32(at & -at))
    while (2 ** bits > end - at + 1) bits--
    const words = Int32Array.of(0, 0, 0xffff, at | 0)
    networks.push(networkOf(words, mappedBits + ipv4Bits - bits))
    at += 2 ** bits
  }
  return networks
}

/** Why a list is not taken, in words; undefined where it is. What is not a list has few lines that are. */
export function listFault({ networks, unreadable, example }: ParsedList): string | undefined {
  if (networks.length === 0) return `no network in it${example === undefined ? '' : `: ${example}`}`
  const everything = networks.find(
    ({ length, words }) => length <= (isIpv4(words) ? mappedBits : 0),
  )
  if (everything !== undefined) return `it holds ${networkText(everything)}, which is everybody`
  if (unreadable * 10 > networks.length)
    return `${unreadable} lines are no network: ${example ?? ''}`
  return undefined
}

function isIpv4(words: Int32Array): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff
}
