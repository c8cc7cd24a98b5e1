import { dayText } from '../day.ts'
import type { PinnedHost } from '../pins-file.ts'
import { originOf, pinComment } from './generated-text.ts'
import type { Target } from './target.ts'

/**
 * Android's network security configuration. `includeSubdomains` is any depth, and of several domains the most specific
 * counts; pins are looked for in the validated chain. Errors in the file end the app at its first connection.
 */
export const androidNsc: Target = {
  name: 'android-nsc',
  summary: 'Android, every stack that asks the platform: res/xml/network_security_config.xml',
  depths: ['none', 'any'],
  compares: ['key'],
  canReport: false,
  canExpire: true,
  overlap: 'most specific',
  render: (hosts) => [{ name: 'network_security_config.xml', content: configXml(hosts) }],
}

/** The whole file; the Expo plugin carries it as well. */
export function configXml(
  hosts: readonly PinnedHost[],
  target: 'android-nsc' | 'expo' = 'android-nsc',
) {
  return `<?xml version="1.0" encoding="utf-8"?>
<!-- ${originOf(target)}
     app/src/main/res/xml/network_security_config.xml, and in the manifest
     <application android:networkSecurityConfig="@xml/network_security_config"> -->
<network-security-config>
${hosts.map(domainConfig).join('\n')}
</network-security-config>
`
}

function domainConfig({ name, subdomains, expires, pins }: PinnedHost): string {
  const expiration = expires === undefined ? '' : ` expiration="${dayText(expires)}"`
  return [
    '    <domain-config cleartextTrafficPermitted="false">',
    `        <domain includeSubdomains="${subdomains === 'any'}">${name}</domain>`,
    `        <pin-set${expiration}>`,
    ...pins.flatMap((pin) => [
      `            <!-- ${pinComment(pin)} -->`,
      `            <pin digest="SHA-256">${pin.sha256}</pin>`,
    ]),
    '        </pin-set>',
    '    </domain-config>',
  ].join('\n')
}
