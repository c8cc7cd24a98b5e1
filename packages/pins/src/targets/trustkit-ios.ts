import { dayText } from '../day.ts'
import type { Pin, PinnedHost } from '../pins-file.ts'
import { firstTrustkit, trustkitReads } from '../trustkit-keys.ts'
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
  notes: ({ pins }) => pins.flatMap(laterVersion),
  refuses: ({ name, pins, enforcement }) => {
    // Names without a registered suffix end the app (parse_configuration.m, GetRegistryLength).
    if (!name.includes('.')) return 'TrustKit takes no name without a public suffix'
    const unreadable = pins.find(({ key }) => key !== undefined && trustkitReads(key) === 'never')
    if (unreadable !== undefined) {
      return `TrustKit reads RSA keys of 2048, 3072 and 4096 bits, P-256 and P-384, and refuses chains with any other: the key of ${unreadable.sha256} is ${unreadable.key}`
    }
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
          `TrustKit ${firstTrustkit} or later; with RSA of 3072 bits in the chain, ${trustkitReads('rsa-3072')} or later.`,
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

function laterVersion({ sha256, key }: Pin): string[] {
  const since = key === undefined ? firstTrustkit : trustkitReads(key)
  if (since === firstTrustkit) return []
  return [
    `trustkit-ios needs TrustKit ${since} for the key of ${sha256} (${key}): versions before refuse every chain with it`,
  ]
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
