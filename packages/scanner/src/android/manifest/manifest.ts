import type { Location } from '../../finding.ts'
import type { ResourceValue } from '../resources/resource-value.ts'

/** What an attribute says, and where it says so. */
export type Setting<Value> = { readonly value: Value; readonly location: Location }

export type ManifestPermission = {
  readonly name: string
  /** Highest API level it is asked for on. */
  readonly maxSdk: number | undefined
  readonly location: Location
}

export const componentKinds = [
  'activity',
  'activity-alias',
  'service',
  'receiver',
  'provider',
] as const
export type ComponentKind = (typeof componentKinds)[number]

export type MetaData = {
  readonly name: string
  /** Of `android:resource` if it has one, else of `android:value`. */
  readonly value: ResourceValue
  readonly location: Location
}

export type Component = {
  readonly kind: ComponentKind
  /** Class, with its package. */
  readonly name: string
  readonly isEnabled: boolean
  /** As declared. Undefined: what follows from filters and target SDK. */
  readonly exported: boolean | undefined
  readonly hasFilters: boolean
  readonly permission: string | undefined
  readonly readPermission: string | undefined
  readonly writePermission: string | undefined
  /** Of providers. */
  readonly authorities: readonly string[]
  readonly grantsUriPermissions: boolean
  readonly metaData: readonly MetaData[]
  readonly location: Location
}

/** `AndroidManifest.xml` of one APK, module or library, with references resolved. */
export type Manifest = {
  readonly path: string
  readonly packageName: string
  /** Undefined in the base. */
  readonly split: string | undefined
  /** `android.uid.system`: it shares the user, and the files, of all that say the same. */
  readonly sharedUserId: string | undefined
  readonly versionName: string | undefined
  readonly versionCode: string | undefined
  /** As declared; a code name where it is one. */
  readonly minSdk: string | undefined
  readonly targetSdk: string | undefined
  readonly debuggable: Setting<boolean> | undefined
  readonly allowBackup: Setting<boolean> | undefined
  /** Class, as it is written. */
  readonly backupAgent: string | undefined
  /** With an agent: full backups all the same. */
  readonly fullBackupOnly: Setting<boolean> | undefined
  readonly fullBackupContent: Setting<ResourceValue> | undefined
  readonly dataExtractionRules: Setting<ResourceValue> | undefined
  readonly usesCleartextTraffic: Setting<boolean> | undefined
  readonly networkSecurityConfig: Setting<ResourceValue> | undefined
  readonly requestLegacyExternalStorage: Setting<boolean> | undefined
  readonly permissions: readonly ManifestPermission[]
  readonly components: readonly Component[]
  /** Of the application itself. */
  readonly metaData: readonly MetaData[]
}
