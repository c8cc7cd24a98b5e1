/** What kind of package it is, told by its content. */
export const packageFormats = [
  'apk', 'aab', 'apks', 'xapk', 'apkm', 'ipa', 'app', 'aar', 'jar', 'so', 'dylib', 'folder', 'zip', 'file',
] as const // biome-ignore format: a list
export type PackageFormat = (typeof packageFormats)[number]

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
