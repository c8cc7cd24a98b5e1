import { isMapped, networkOf, networkText, parseAddress } from '../addresses/network.ts'

/** Bits that one customer has: an address of IPv4, a /64 of IPv6 (RFC 6177). */
const customerBits = { ipv4: 128, ipv6: 64 } as const
/** Bits that neighbours share: /24 of IPv4, in its mapped form, and /48 of IPv6. */
const networkBits = { ipv4: 96 + 24, ipv6: 48 } as const

/** An address as it is counted: `192.0.2.7/32`, `2001:db8:1:2::/64`. What is no address stands for itself. */
export function addressKey(address: string): string {
  return prefixText(address, customerBits)
}

/** What it is counted by where there is no room for single addresses: `192.0.2.0/24`, `2001:db8:1::/48`. */
export function networkKey(address: string): string {
  return prefixText(address, networkBits)
}

function prefixText(
  address: string,
  bits: { readonly ipv4: number; readonly ipv6: number },
): string {
  const words = parseAddress(address)
  if (words === undefined) return address
  return networkText(networkOf(words, isMapped(words) ? bits.ipv4 : bits.ipv6))
}
