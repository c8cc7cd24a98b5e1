import {
  itemsOf,
  memberOf,
  membersOf,
  type PlistValue,
  textOf,
  truthOf,
} from '../plist/plist-value.ts'

/** A domain of NSExceptionDomains. Its members hold for it, whatever holds for all others. */
export type TransportException = {
  /** Lower case. */
  readonly domain: string
  readonly includesSubdomains: boolean
  readonly allowsCleartext: boolean
  /** `TLSv1.0` to `TLSv1.3`; undefined: 1.2. */
  readonly minimumTls?: string
  readonly requiresForwardSecrecy: boolean
}

/** NSAppTransportSecurity as iOS 10 and later take it, not as it is written. */
export type TransportSecurity = {
  /** For all domains without an exception of their own. */
  readonly allowsCleartext: boolean
  /** NSAllowsArbitraryLoads is written, but a narrower key turns it off since iOS 10. */
  readonly isArbitraryLoadsIgnored: boolean
  /** In web views only. */
  readonly allowsCleartextInWebContent: boolean
  /** Through AVFoundation only. */
  readonly allowsCleartextForMedia: boolean
  /** Names without a dot, `.local`, and IP addresses (those of private networks since iOS 17). */
  readonly allowsLocalNetworking: boolean
  readonly exceptions: readonly TransportException[]
}

const narrowerKeys = [
  'NSAllowsArbitraryLoadsInWebContent',
  'NSAllowsArbitraryLoadsForMedia',
  'NSAllowsLocalNetworking',
] as const

/**
 * What the dictionary NSAppTransportSecurity of an Info.plist comes to. Since iOS 10 NSAllowsArbitraryLoads is
 * ignored where one of the narrower keys is present, with whatever value (Apple, "NSAllowsArbitraryLoads").
 */
export function transportSecurityOf(dictionary: PlistValue): TransportSecurity {
  const isTrue = (key: string) => truthOf(memberOf(dictionary, key)) === true
  const isNarrowed = narrowerKeys.some((key) => membersOf(dictionary).has(key))
  const isArbitrary = isTrue('NSAllowsArbitraryLoads')
  return {
    allowsCleartext: isArbitrary && !isNarrowed,
    isArbitraryLoadsIgnored: isArbitrary && isNarrowed,
    allowsCleartextInWebContent: isTrue('NSAllowsArbitraryLoadsInWebContent'),
    allowsCleartextForMedia: isTrue('NSAllowsArbitraryLoadsForMedia'),
    allowsLocalNetworking: isTrue('NSAllowsLocalNetworking'),
    exceptions: [...membersOf(memberOf(dictionary, 'NSExceptionDomains'))].map(exceptionOf),
  }
}

function exceptionOf([domain, value]: readonly [string, PlistValue]): TransportException {
  // Names from before iOS 9 was out, which it still reads.
  const member = (name: string) =>
    ['NSException', 'NSTemporaryException', 'NSThirdPartyException']
      .map((prefix) => memberOf(value, prefix + name))
      .find((found) => found !== undefined)
  const minimumTls = textOf(member('MinimumTLSVersion'))
  return {
    domain: domain.toLowerCase(),
    includesSubdomains: truthOf(memberOf(value, 'NSIncludesSubdomains')) === true,
    allowsCleartext: truthOf(member('AllowsInsecureHTTPLoads')) === true,
    ...(minimumTls === undefined ? {} : { minimumTls }),
    requiresForwardSecrecy: truthOf(member('RequiresForwardSecrecy')) !== false,
  }
}

/** Pins of one domain of NSPinnedDomains, by the certificate that must match. */
export type PinnedIdentities = {
  readonly domain: string
  readonly includesSubdomains: boolean
  readonly role: 'ca' | 'leaf'
  readonly pins: readonly string[]
}

/** NSPinnedDomains (iOS 14). Where a domain has pins of both roles, both must match. */
export function pinnedIdentitiesOf(dictionary: PlistValue): PinnedIdentities[] {
  const roles = { ca: 'NSPinnedCAIdentities', leaf: 'NSPinnedLeafIdentities' } as const
  return [...membersOf(memberOf(dictionary, 'NSPinnedDomains'))].flatMap(([domain, value]) => {
    const includesSubdomains = truthOf(memberOf(value, 'NSIncludesSubdomains')) === true
    const given = (['ca', 'leaf'] as const).filter((role) => membersOf(value).has(roles[role]))
    // A domain with neither is told of as one without a pin.
    return (given.length > 0 ? given : (['ca'] as const)).map((role) => ({
      domain: domain.toLowerCase(),
      includesSubdomains,
      role,
      pins: itemsOf(memberOf(value, roles[role])).map(
        (each) => textOf(memberOf(each, 'SPKI-SHA256-BASE64')) ?? '',
      ),
    }))
  })
}
