import { memberOf, type PlistValue, textOf } from '../plist/plist-value.ts'
import type { Location } from '../finding.ts'
import type { Sink } from '../sink.ts'
import {
  pinnedIdentitiesOf,
  type TransportSecurity,
  transportSecurityOf,
} from './transport-security.ts'

/** An app, an extension or a framework, as its Info.plist says. */
export type Bundle = {
  readonly id: string
  /** CFBundleShortVersionString. */
  readonly version?: string
  /** CFBundleVersion. */
  readonly build?: string
  /** MinimumOSVersion: `15.0`. */
  readonly minimumOs?: string
  /** DTSDKName: `iphoneos17.0`, `iphonesimulator9.2`. */
  readonly sdk?: string
  /** `APPL` app, `XPC!` extension, `FMWK` framework, `BNDL` resources. */
  readonly packageType?: string
  readonly executable?: string
  /** Undefined: the dictionary is not there, and the platform's own demands hold. */
  readonly transportSecurity?: TransportSecurity
  /** Of the Info.plist. */
  readonly location: Location
}

/** Made of every property list with a CFBundleIdentifier: Info.plist may be called otherwise in folders. */
export function bundleFacts(top: PlistValue, path: string, sink: Sink): void {
  const text = (key: string) => textOf(memberOf(top, key))
  const id = text('CFBundleIdentifier')
  if (id === undefined) return
  const [version, build] = [text('CFBundleShortVersionString'), text('CFBundleVersion')]
  const [minimumOs, packageType] = [text('MinimumOSVersion'), text('CFBundlePackageType')]
  const [executable, sdk] = [text('CFBundleExecutable'), text('DTSDKName')]
  const security = memberOf(top, 'NSAppTransportSecurity')
  const location = { path }
  sink.fact('bundles', {
    id,
    ...(version === undefined ? {} : { version }),
    ...(build === undefined ? {} : { build }),
    ...(minimumOs === undefined ? {} : { minimumOs }),
    ...(packageType === undefined ? {} : { packageType }),
    ...(executable === undefined ? {} : { executable }),
    ...(sdk === undefined ? {} : { sdk }),
    ...(security === undefined ? {} : { transportSecurity: transportSecurityOf(security) }),
    location,
  })
  if (packageType === 'APPL') {
    sink.fact('appIdentities', {
      platform: 'ios',
      path,
      id,
      ...(version === undefined ? {} : { version }),
      ...(build === undefined ? {} : { versionCode: build }),
      ...(minimumOs === undefined ? {} : { minSdk: minimumOs }),
    })
  }
  if (security === undefined || !isProcess({ packageType })) return
  for (const { domain, ...identities } of pinnedIdentitiesOf(security)) {
    const within = `NSPinnedDomains › ${domain}`
    const pins = { source: 'ios-ats', host: domain, ...identities, isEnforced: true } as const
    sink.fact('pins', { ...pins, location: { path, offset: security.offset, within } })
  }
}

/** Whether the settings in it hold for a process: those in frameworks and resource bundles do not. */
export function isProcess({ packageType }: { readonly packageType?: string | undefined }): boolean {
  return packageType === undefined || packageType === 'APPL' || packageType === 'XPC!'
}
