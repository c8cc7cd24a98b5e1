import type { Pin, PinnedHost } from '../pins-file.ts'
import { originOf } from './generated-text.ts'
import { plist, type PlistValue } from './plist.ts'
import type { Target } from './target.ts'

/**
 * App Transport Security, iOS 14 and later, for URLSession and what is built on it. NSIncludesSubdomains is one
 * label; where leaf and CA identities both stand, both must match; there is no date.
 */
export const iosAts: Target = {
  name: 'ios-ats',
  summary: 'iOS 14+, URLSession and what is built on it: NSAppTransportSecurity in Info.plist',
  depths: ['none', 'one'],
  compares: ['key'],
  canReport: false,
  canExpire: false,
  overlap: 'unknown',
  refuses: mixedPlaces,
  render: (hosts) => [
    {
      name: 'NSPinnedDomains.plist',
      content: plist(
        [
          originOf('ios-ats'),
          'Put NSAppTransportSecurity into Info.plist, beside what is there under this key.',
        ],
        { NSAppTransportSecurity: { NSPinnedDomains: pinnedDomains(hosts) } },
      ),
    },
  ],
}

/** The value of NSPinnedDomains. */
export function pinnedDomains(hosts: readonly PinnedHost[]): Record<string, PlistValue> {
  return Object.fromEntries(hosts.map((host) => [host.name, pinnedDomain(host)]))
}

function pinnedDomain(host: PinnedHost): PlistValue {
  const { leaf, ca } = identitiesOf(host)
  const identities = (pins: readonly Pin[]): PlistValue =>
    pins.map(({ sha256 }) => ({ 'SPKI-SHA256-BASE64': sha256 }))
  return {
    NSIncludesSubdomains: host.subdomains === 'one',
    ...(ca.length === 0 ? {} : { NSPinnedCAIdentities: identities(ca) }),
    ...(leaf.length === 0 ? {} : { NSPinnedLeafIdentities: identities(leaf) }),
  }
}

function identitiesOf({ ats, pins }: PinnedHost): { leaf: readonly Pin[]; ca: readonly Pin[] } {
  const leaf = pins.filter(({ place }) => place === 'leaf')
  const ca = pins.filter(({ place }) => place !== 'leaf')
  return { leaf: ats === 'ca' ? [] : leaf, ca: ats === 'leaf' ? [] : ca }
}

function mixedPlaces(host: PinnedHost): string | undefined {
  const { leaf, ca } = identitiesOf(host)
  if (leaf.length > 0 && ca.length > 0) {
    return 'App Transport Security demands a leaf pin and a CA pin where both are listed, and every other platform one of them: choose with "ats: leaf" or "ats: ca", or say with "for" that the backup stands for a CA'
  }
  const chosen = leaf.length > 0 ? leaf : ca
  if (chosen.length === 0) return `"ats: ${host.ats}" leaves no pin`
  if (host.allowWithoutBackup) return undefined
  if (chosen.length > 1 && chosen.some(({ role }) => role === 'backup')) return undefined
  return `of the pins that App Transport Security is given, none is a backup: add one that stands for ${leaf.length > 0 ? 'the leaf' : 'a CA ("for: intermediate" or "for: root")'}`
}
