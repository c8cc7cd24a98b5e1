import { BlockList, isIP } from 'node:net'

/**
 * What an address is to a process that asks others for something. `never`: nothing that is asked for
 * lives there, whatever a name resolves to (link-local with the metadata services of clouds, multicast,
 * documentation, tunnels that would hide another address).
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'never'

/** IANA special-purpose registries (RFC 6890), and the services of clouds that stand outside them. */
const v4Kinds: readonly (readonly [AddressKind, BlockList])[] = [
  [
    'never',
    blocks(
      'ipv4',
      ['0.0.0.0', 8],
      ['169.254.0.0', 16],
      ['192.0.0.0', 24],
      ['192.0.2.0', 24],
      ['192.88.99.0', 24],
      ['198.51.100.0', 24],
      ['203.0.113.0', 24],
      ['224.0.0.0', 3],
      // The metadata services of Alibaba Cloud and of Azure.
      ['100.100.100.200', 32],
      ['168.63.129.16', 32],
    ),
  ],
  ['loopback', blocks('ipv4', ['127.0.0.0', 8])],
  [
    'private',
    blocks(
      'ipv4',
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['100.64.0.0', 10],
      ['198.18.0.0', 15],
    ),
  ],
]

/** All but 2000::/3 is `never`: only what is listed here, and the rest of that, is ever asked. */
const v6Kinds: readonly (readonly [AddressKind, BlockList])[] = [
  [
    'never',
    blocks(
      'ipv6',
      // The metadata service of AWS.
      ['fd00:ec2::', 32],
      ['2001::', 23],
      ['2001:db8::', 32],
      ['2002::', 16],
      ['3fff::', 20],
    ),
  ],
  ['loopback', blocks('ipv6', ['::1', 128])],
  ['private', blocks('ipv6', ['fc00::', 7])],
  ['public', blocks('ipv6', ['2000::', 3])],
]

export function addressKind(address: string): AddressKind {
  const family = isIP(address)
  if (family === 4) return kindOf(v4Kinds, address, 'ipv4') ?? 'public'
  // With a zone (`fe80::1%eth0`) it is an address of the link.
  if (family !== 6 || address.includes('%')) return 'never'
  const embedded = embeddedAddress(address)
  if (embedded !== undefined) return addressKind(embedded)
  return kindOf(v6Kinds, address, 'ipv6') ?? 'never'
}

/** The IPv4 address in an IPv4-mapped (::ffff:0:0/96) or NAT64 (64:ff9b::/96, RFC 6052) one. */
function embeddedAddress(address: string): string | undefined {
  const normal = new URL(`http://[${address}]`).hostname
  const found = /^\[(?:::ffff:|64:ff9b::)(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})\]$/.exec(normal)
  if (found === null) return undefined
  const [high, low] = [Number.parseInt(found[1] ?? '0', 16), Number.parseInt(found[2] ?? '0', 16)]
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}

function kindOf(
  kinds: readonly (readonly [AddressKind, BlockList])[],
  address: string,
  family: 'ipv4' | 'ipv6',
): AddressKind | undefined {
  return kinds.find(([, list]) => list.check(address, family))?.[0]
}

function blocks(family: 'ipv4' | 'ipv6', ...subnets: readonly [string, number][]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family)
  return list
}
