import type { PinnedHost } from '../pins-file.ts'
import { originOf, pinComment } from './generated-text.ts'
import type { GeneratedFile, Target } from './target.ts'

/**
 * Whole certificates on Android: the only anchors that chains of a host may end at. A certificate that is renewed under
 * its own key is another one: builds that carry the old one alone are locked out once servers chain to the new one.
 */
export const androidTrustAnchors: Target = {
  name: 'android-trust-anchors',
  summary: 'Android, whole CA certificates in res/raw as the only anchors of a host',
  depths: ['none', 'any'],
  compares: ['certificate'],
  canReport: false,
  canExpire: false,
  overlap: 'most specific',
  refuses: ({ pins }) =>
    pins.some(({ place }) => place === 'leaf')
      ? 'a trust anchor is a CA: the certificate of a server is none. Pin that of its CA'
      : undefined,
  render: (hosts) => [
    { name: 'res/xml/network_security_config.xml', content: configXml(hosts) },
    ...hosts.flatMap(rawFiles),
  ],
}

function configXml(hosts: readonly PinnedHost[]): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<!-- ${originOf('android-trust-anchors')}
     Under app/src/main, with the certificates in res/raw, and in the manifest
     <application android:networkSecurityConfig="@xml/network_security_config"> -->
<network-security-config>
${hosts.map(domainConfig).join('\n')}
</network-security-config>
`
}

function domainConfig({ name, subdomains, pins }: PinnedHost): string {
  return [
    '    <domain-config cleartextTrafficPermitted="false">',
    `        <domain includeSubdomains="${subdomains === 'any'}">${name}</domain>`,
    '        <trust-anchors>',
    ...pins.flatMap((pin, index) => [
      `            <!-- ${pinComment(pin)} -->`,
      `            <certificates src="@raw/${resourceName(name, index)}" />`,
    ]),
    '        </trust-anchors>',
    '    </domain-config>',
  ].join('\n')
}

function rawFiles({ name, pins }: PinnedHost): GeneratedFile[] {
  return pins.map(({ certificate }, index) => ({
    name: `res/raw/${resourceName(name, index)}.der`,
    content: certificate?.der ?? Buffer.alloc(0),
  }))
}

/** Resource names have lower case, digits and underscores: `.` and `-` are told apart. */
function resourceName(host: string, index: number): string {
  return `pin_${host.replaceAll('-', '__').replaceAll('.', '_')}_${index + 1}`
}
