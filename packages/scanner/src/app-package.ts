/** What kind of package it is, told by its content. */
export const packageFormats = [
  'apk', 'aab', 'apks', 'xapk', 'apkm', 'ipa', 'app', 'aar', 'jar', 'so', 'dylib', 'folder', 'zip', 'file',
] as const // biome-ignore format: a list
export type PackageFormat = (typeof packageFormats)[number]

/**
 * What goes into apps. The app around it says how old a phone may be, what is backed up, and what connections must hold;
 * and whose hosts are its own.
 */
export const isLibrary = (format: PackageFormat): boolean => libraryFormats.has(format)

const libraryFormats: ReadonlySet<PackageFormat> = new Set(['aar', 'jar', 'so', 'dylib'])

export type AppPackage = {
  readonly format: PackageFormat
  readonly platform: 'android' | 'ios' | 'unknown'
  /** Application id, bundle id. */
  readonly id?: string
  /** versionName, CFBundleShortVersionString. */
  readonly version?: string
  readonly versionCode?: string
  /** API level; MinimumOSVersion. */
  readonly minSdk?: string
  readonly targetSdk?: string
  /** Hex, of the file. Undefined for folders. */
  readonly sha256?: string
  readonly bytes: number
}

/** What a manifest says of the app it is in. One for each app of a package: what is installed, and what lies in it. */
export type AppIdentity = Partial<
  Pick<AppPackage, 'id' | 'version' | 'versionCode' | 'minSdk' | 'targetSdk'>
> & {
  readonly platform: 'android' | 'ios'
  /** Of the manifest. */
  readonly path: string
}

/** The app itself, and not one that lies in its assets: the one least deep. */
export function mainIdentity(identities: readonly AppIdentity[]): AppIdentity | undefined {
  const depth = ({ path }: AppIdentity) => path.split('/').length
  return identities.toSorted((left, right) => depth(left) - depth(right))[0]
}
