import type { PinnedHost } from '../pins-file.ts'
import { androidNsc, configXml } from './android-nsc.ts'
import { originOf } from './generated-text.ts'
import { iosAts, pinnedDomains } from './ios-ats.ts'
import type { Target } from './target.ts'

/**
 * A config plugin for Expo: at `expo prebuild` it writes Android's configuration and App Transport Security's. It can
 * say what both can.
 */
export const expo: Target = {
  name: 'expo',
  summary: 'Expo: a config plugin that writes what android-nsc and ios-ats say, at prebuild',
  depths: androidNsc.depths.filter((depth) => iosAts.depths.includes(depth)),
  compares: ['key'],
  canReport: false,
  // Android's pins end, and those of App Transport Security go on.
  canExpire: false,
  overlap: 'unknown',
  ...(iosAts.refuses === undefined ? {} : { refuses: iosAts.refuses }),
  render: (hosts) => [{ name: 'with-pins.js', content: plugin(hosts) }],
}

function plugin(hosts: readonly PinnedHost[]): string {
  return `// ${originOf('expo')}
// In app.json: { "expo": { "plugins": ["./with-pins.js"] } }. Native code must be rebuilt: an update over the air
// changes no pins.
const { mkdirSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { withAndroidManifest, withDangerousMod, withInfoPlist } = require('expo/config-plugins')

const networkSecurityConfig = ${JSON.stringify(configXml(hosts, 'expo'))}

const pinnedDomains = ${JSON.stringify(pinnedDomains(hosts), undefined, 2)}

const resource = '@xml/network_security_config'

function withAndroidPins(config) {
  const withManifest = withAndroidManifest(config, (each) => {
    const application = each.modResults.manifest.application[0].$
    const present = application['android:networkSecurityConfig']
    if (present !== undefined && present !== resource) {
      throw new Error(\`The manifest names \${present}: put the pins there, for Android reads one file\`)
    }
    application['android:networkSecurityConfig'] = resource
    return each
  })
  return withDangerousMod(withManifest, [
    'android',
    (each) => {
      const folder = path.join(each.modRequest.platformProjectRoot, 'app/src/main/res/xml')
      mkdirSync(folder, { recursive: true })
      writeFileSync(path.join(folder, 'network_security_config.xml'), networkSecurityConfig)
      return each
    },
  ])
}

function withIosPins(config) {
  return withInfoPlist(config, (each) => {
    const security = (each.modResults.NSAppTransportSecurity ??= {})
    security.NSPinnedDomains = { ...security.NSPinnedDomains, ...pinnedDomains }
    return each
  })
}

module.exports = (config) => withIosPins(withAndroidPins(config))
`
}
