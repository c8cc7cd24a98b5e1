import { isIPv6 } from 'node:net'

/**
 * What an address is counted by: an IPv4 address itself, of an IPv6 address its first 64 bits, which
 * one phone or one household has to itself (RFC 6177, RFC 6459 §5.2) and can vary the rest of at will.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  if (address.startsWith('::ffff:')) return address.slice(7)
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
