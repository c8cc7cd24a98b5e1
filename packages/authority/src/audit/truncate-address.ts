import { isIPv4, isIPv6 } from 'node:net'

/**
 * The network that an address lies in, as much of it as is kept of an old one: an IPv4 /24, an IPv6 /48 (what
 * one site is given, RFC 6177 §2). What is no address, a network for one, is left as it is.
 *
 * @returns CIDR: `192.0.2.0/24`, `2001:db8:1::/48`, in the form of RFC 5952
 */
export function truncateAddress(address: string): string {
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`
  if (!isIPv6(address)) return address
  const groups = firstGroups(address)
  const [, mapped] = /^(?:0{0,4}:){1,5}:?ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (mapped !== undefined) return truncateAddress(mapped)
  while (groups.at(-1) === '0') groups.pop()
  return `${groups.join(':')}::/48`
}

/** The first three of eight, without leading zeros. A zone comes after them all. */
function firstGroups(address: string): string[] {
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  // A dotted quad at the end is two groups.
  const width = left.length + right.length + (address.includes('.') ? 1 : 0)
  const zeros = Array<string>(Math.max(0, 8 - width)).fill('0')
  return [...left, ...zeros, ...right]
    .slice(0, 3)
    .map((group) => Number.parseInt(group, 16).toString(16))
}
