import {
  itemsOf,
  memberOf,
  membersOf,
  type PlistValue,
  textOf,
  truthOf,
} from '../plist/plist-value.ts'
import type { Sink } from '../sink.ts'

/**
 * Pins of TrustKit: in Info.plist under TSKConfiguration, or in a list of its own. What code configures is not seen
 * here.
 */
export function trustKitPins(top: PlistValue, path: string, sink: Sink): void {
  const configuration = memberOf(top, 'TSKConfiguration') ?? top
  for (const [domain, policy] of membersOf(memberOf(configuration, 'TSKPinnedDomains'))) {
    // Such a policy only takes a subdomain out of its parent's: it has no pins, and needs none.
    if (truthOf(memberOf(policy, 'TSKExcludeSubdomainFromParentPolicy')) === true) continue
    const expiresAt = textOf(memberOf(policy, 'TSKExpirationDate'))
    sink.fact('pins', {
      source: 'trustkit',
      host: domain.toLowerCase(),
      includesSubdomains: truthOf(memberOf(policy, 'TSKIncludeSubdomains')) === true,
      pins: itemsOf(memberOf(policy, 'TSKPublicKeyHashes')).map((pin) => textOf(pin) ?? ''),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      isEnforced: truthOf(memberOf(policy, 'TSKEnforcePinning')) !== false,
      location: { path, offset: policy.offset, within: `TSKPinnedDomains › ${domain}` },
    })
  }
}
