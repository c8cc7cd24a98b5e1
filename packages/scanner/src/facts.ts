import type { AndroidApp } from './android/android-app.ts'
import type { NetworkPolicy } from './android/network/network-policy.ts'
import type { ResourceTable } from './android/resources/resource-table.ts'
import type { AndroidXml } from './android/roots.ts'
import type { AppIdentity } from './app-package.ts'
import type { CodeShape, KeystoreUse, TypeUses } from './dex/code-facts.ts'
import type { ServicePath } from './endpoints/service-paths.ts'
import type { Location } from './finding.ts'
import type { Bundle } from './ios/bundle.ts'
import type { ProvisioningProfile } from './ios/provisioning-profile.ts'
import type { MachO } from './native/mach-o/mach-o.ts'
import type { PinSet } from './pin-set.ts'
import type { NamedText } from './secrets/named/named-secrets.ts'

/** What readers learn of a package, for those who judge it as a whole. Each kind has its type beside its reader. */
export type Facts = {
  /** Strings that may unlock a keystore, the likeliest with the greatest weight. */
  readonly passwords: readonly PasswordHint[]
  /** Constants of code and resources whose names promise a secret. */
  readonly namedTexts: readonly NamedText[]
  /** Addresses of servers, as they stand in the package. */
  readonly endpoints: readonly Endpoint[]
  /** Paths of services without a host. Looked for where a gateway's routes are known. */
  readonly servicePaths: readonly ServicePath[]
  /** Manifests, network security configurations, backup rules and paths of FileProviders. */
  readonly androidXml: readonly AndroidXml[]
  readonly resourceTables: readonly ResourceTable[]
  /** Made of these two at the end. */
  readonly androidApps: readonly AndroidApp[]
  /** What Android does with their connections: one for each, or for each configuration it has for different devices. */
  readonly networkPolicies: readonly NetworkPolicy[]
  /** `scan` takes the package's id, version and SDKs from the main one. */
  readonly appIdentities: readonly AppIdentity[]
  /** Apps, extensions and frameworks of iOS. */
  readonly bundles: readonly Bundle[]
  readonly provisioningProfiles: readonly ProvisioningProfile[]
  /** Programs and libraries of iOS, by architecture. */
  readonly machOs: readonly MachO[]
  /** Pin sets of configuration: NSPinnedDomains, TrustKit, network security configurations. */
  readonly pins: readonly PinSet[]
  /** Code that does what it should not. */
  readonly codeShapes: readonly CodeShape[]
  /** Where its classes are used. */
  readonly typeUses: readonly TypeUses[]
  /** Code that opens keystores. */
  readonly keystoreUses: readonly KeystoreUse[]
}

export type PasswordHint = {
  readonly text: string
  /** From 0 to 100. */
  readonly weight: number
}

export type Endpoint = {
  readonly scheme: string
  /** Lower case. */
  readonly host: string
  readonly path: string
  readonly location: Location
}

export function noFacts(): { [Kind in keyof Facts]: Facts[Kind][number][] } {
  return {
    passwords: [],
    namedTexts: [],
    endpoints: [],
    servicePaths: [],
    androidXml: [],
    resourceTables: [],
    androidApps: [],
    networkPolicies: [],
    appIdentities: [],
    bundles: [],
    machOs: [],
    provisioningProfiles: [],
    pins: [],
    codeShapes: [],
    typeUses: [],
    keystoreUses: [],
  }
}
