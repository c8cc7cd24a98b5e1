import { dayText } from '../day.ts'
import type { PinnedHost } from '../pins-file.ts'
import { originOf } from './generated-text.ts'
import { plist, type PlistValue } from './plist.ts'
import type { Target } from './target.ts'

/**
 * TrustKit for iOS. TSKIncludeSubdomains is any depth; an exact name counts first, and between two wildcards the order
 * of a dictionary decides. Swizzling is off: it takes over the delegate that answers for client certificates, so
 * that mutual TLS fails; ask TSKPinningValidator in your own delegate. Reports to its makers are off.
 */
export const trustkitIos: Target = {
  name: 'trustkit-ios',
  summary: 'iOS with TrustKit: TSKConfiguration in Info.plist, asked through TSKPinningValidator',
  depths: ['none', 'any'],
  compares: ['key'],
  canReport: true,
  canExpire: true,
  overlap: 'exact',
  refuses: ({ name, pins, enforcement }) => {
    // Names without a registered suffix end the app (parse_configuration.m, GetRegistryLength).
    if (!name.includes('.')) return 'TrustKit takes no name without a public suffix'
    if (enforcement === 'report' || pins.length > 1) return undefined
    return 'TrustKit ends the app over a set of one pin: add a backup'
  },
  render: (hosts) => [
    {
      name: 'TSKConfiguration.plist',
      content: plist(
        [
          originOf('trustkit-ios'),
          'Put TSKConfiguration into Info.plist. Swizzling is off, since it breaks client certificates:',
          'in your URLSessionDelegate, hand server trust to TrustKit.sharedInstance().pinningValidator.',
        ],
        {
          TSKConfiguration: {
            TSKSwizzleNetworkDelegates: false,
            TSKPinnedDomains: Object.fromEntries(hosts.map((host) => [host.name, domain(host)])),
          },
        },
      ),
    },
  ],
}

function domain({ subdomains, enforcement, expires, pins }: PinnedHost): PlistValue {
  return {
    TSKIncludeSubdomains: subdomains === 'any',
    TSKEnforcePinning: enforcement === 'enforce',
    TSKDisableDefaultReportUri: true,
    ...(expires === undefined ? {} : { TSKExpirationDate: dayText(expires) }),
    TSKPublicKeyHashes: pins.map(({ sha256 }) => sha256),
  }
}
