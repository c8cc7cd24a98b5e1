import type { AndroidApp } from './android/android-app.ts'
import type { NetworkPolicy } from './android/network/network-policy.ts'
import type { ResourceTable } from './android/resources/resource-table.ts'
import type { AndroidXml } from './android/roots.ts'
import type { AppIdentity } from './app-package.ts'
import type { CodeShape, KeyManagerUse, KeystoreUse, TypeUses } from './dex/code-facts.ts'
import type { ServicePath } from './endpoints/service-paths.ts'
import type { Location } from './finding.ts'
import type { Bundle } from './ios/bundle.ts'
import type { ProvisioningProfile } from './ios/provisioning-profile.ts'
import type { MachO } from './native/mach-o/mach-o.ts'
import type { PinSet } from './pin-set.ts'
import type { NamedText } from './secrets/named/named-secrets.ts'

/**
 * What readers and detectors learn of a package, for those who judge it as a whole. Each kind has its type beside
 * whoever makes it, and may come in any order: nobody asks before all has been read. No kind grows beyond what its
 * maker bounds.
 */
export type Facts = {
  /** Strings that may unlock a keystore, from code that opens one and from named secrets; `keyDetector` tries them. */
  readonly passwords: readonly PasswordHint[]
  /** Constants of code whose names promise a secret, for `hardcodedSecrets`. Resources keep theirs in their tables. */
  readonly namedTexts: readonly NamedText[]
  /** Addresses of servers in texts, each once: what is asked of cleartext, pinning and gates is asked of these. */
  readonly endpoints: readonly Endpoint[]
  /** Paths of services without a host. Looked for where a gateway's routes are known. */
  readonly servicePaths: readonly ServicePath[]
  /** Manifests, network security configurations, backup rules and paths of FileProviders. */
  readonly androidXml: readonly AndroidXml[]
  /** `resources.arsc` and `resources.pb`: what references in those documents lead to. */
  readonly resourceTables: readonly ResourceTable[]
  /** Made of these two by `androidAppDetector`, at the end: one for each package name. */
  readonly androidApps: readonly AndroidApp[]
  /** What Android does with their connections: one for each, or for each configuration it has for different devices. */
  readonly networkPolicies: readonly NetworkPolicy[]
  /** Of manifests and Info.plists: `scan` takes the package's id, version and SDKs from the main one. */
  readonly appIdentities: readonly AppIdentity[]
  /** Apps, extensions and frameworks of iOS. */
  readonly bundles: readonly Bundle[]
  /** What may install the build, and until when. */
  readonly provisioningProfiles: readonly ProvisioningProfile[]
  /** Programs and libraries of iOS, by architecture, with the watched names that they use. */
  readonly machOs: readonly MachO[]
  /** Of configuration (NSPinnedDomains, TrustKit, network security configurations) and of OkHttp in code. */
  readonly pins: readonly PinSet[]
  /** Code that does what it should not, whoever wrote it: `judgeCode` asks whose it is, and whether it is used. */
  readonly codeShapes: readonly CodeShape[]
  /** Which methods make or use the classes that such code is in. */
  readonly typeUses: readonly TypeUses[]
  /** Code that opens keystores: which file, and with which password, as far as constants say. */
  readonly keystoreUses: readonly KeystoreUse[]
  /** Code that gives keys to TLS: whether for clients cannot be told from a certificate alone. */
  readonly keyManagerUses: readonly KeyManagerUse[]
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
    keyManagerUses: [],
  }
}
