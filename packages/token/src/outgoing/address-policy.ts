import { lookup as lookupBySystem, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { addressKind } from './address-kind.ts'
import { isLoopbackName } from './outgoing-url.ts'

/** Which addresses a provider may have. */
export type AddressPolicy = {
  /** Addresses of private networks and of this machine are taken as well. */
  readonly privateAddresses: boolean
  /** Where the configuration itself names this machine: `https://localhost:3000`. */
  readonly loopbackOrigins: ReadonlySet<string>
  /** Networks whose private and loopback addresses are taken as well. */
  readonly networks?: BlockList
}

/** All addresses of a name, as `dns.lookup` has them with `all`. */
export type ResolveName = (
  name: string,
  options: { all: true; family?: number | 'IPv4' | 'IPv6' | undefined; hints?: number | undefined },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

export function addressPolicy(
  privateAddresses: boolean,
  configured: readonly URL[],
): AddressPolicy {
  const local = configured.filter((url) => isLoopbackName(url.hostname))
  return { privateAddresses, loopbackOrigins: new Set(local.map(({ origin }) => origin)) }
}

/** Plain HTTP goes to this machine alone: keys from elsewhere would be those of whoever sits in between. */
export function isAllowed(policy: AddressPolicy, url: URL, address: string): boolean {
  const kind = addressKind(address)
  const isLocal = policy.privateAddresses || policy.loopbackOrigins.has(url.origin)
  const isNamed = policy.networks?.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') === true
  if (kind === 'loopback') return isLocal || (isNamed && url.protocol === 'https:')
  if (url.protocol !== 'https:') return false
  return kind === 'public' || (kind === 'private' && (policy.privateAddresses || isNamed))
}

/**
 * Networks as a policy has them.
 *
 * @param texts `10.0.0.0/8`, `fd00::/8`, or an address
 * @throws TypeError, RangeError where one is none
 */
export function namedNetworks(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', length] = text.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    const bits = family === 'ipv6' ? 128 : 32
    list.addSubnet(address, length === undefined ? bits : Number(length), family)
  }
  return list
}

/**
 * Resolves the name of a URL for the connection itself, so that what was looked at is what is connected
 * to: a name that resolves differently a moment later gains nothing (DNS rebinding). One address that is
 * not allowed refuses the name, for a provider has no such address.
 */
export function checkedLookup(
  policy: AddressPolicy,
  url: URL,
  resolveName: ResolveName = lookupBySystem,
): LookupFunction {
  return (name, options, callback) => {
    const { family, hints } = options
    resolveName(name, { all: true, family, hints }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0)
      const refused = addresses.find(({ address }) => !isAllowed(policy, url, address))
      const [first] = addresses
      if (refused !== undefined || first === undefined) {
        return callback(addressRefused(policy, url, refused?.address ?? 'none'), '', 0)
      }
      if (options.all === true) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })
  }
}

/** Node resolves no name where the URL has an address: that is looked at here. */
export function refuseAddressOf(policy: AddressPolicy, url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isAllowed(policy, url, host)) throw addressRefused(policy, url, host)
}

function addressRefused(
  { networks }: AddressPolicy,
  { hostname, protocol }: URL,
  address: string,
): Error {
  const otherwise = networks === undefined ? 'privateAddresses: true' : 'one of networks'
  const wanted = protocol === 'https:' ? `a public address, or ${otherwise}` : 'loopback'
  return new Error(`${hostname} has the address ${address}: ${wanted} was expected`)
}
