import type { PinnedHost } from '../pins-file.ts'
import type { SubdomainDepth } from '../pins-schema.ts'

export const targetNames = [
  'android-nsc',
  'ios-ats',
  'okhttp',
  'trustkit-ios',
  'expo',
  'android-trust-anchors',
  'ios-urlsession',
  'sallyport-sdk',
] as const
export type TargetName = (typeof targetNames)[number]

/** A file to put into an app's project. */
export type GeneratedFile = { readonly name: string; readonly content: string | Buffer }

/** What a platform's configuration can say. What it cannot is refused, never said otherwise. */
export type Target = {
  readonly name: TargetName
  /** One line: what reads the file, and where it goes. */
  readonly summary: string
  readonly depths: readonly SubdomainDepth[]
  readonly compares: readonly PinnedHost['compare'][]
  /** Whether it can leave connections alone and tell of them. */
  readonly canReport: boolean
  /** Whether pins can end at a date. Where they cannot, they hold for as long as the build is installed. */
  readonly canExpire: boolean
  /**
   * Which pins count for a name that two hosts cover: those of the `most specific` as in pins.yaml; an `exact` name
   * first, and otherwise any; the `union` of both; `unknown` where nobody says so.
   */
  readonly overlap: 'most specific' | 'exact' | 'union' | 'unknown'
  /** What else it cannot say of a host: a sentence with the way out. */
  readonly refuses?: (host: PinnedHost) => string | undefined
  /** What the team must know of a host that it can say. Sentences. */
  readonly notes?: (host: PinnedHost) => readonly string[]
  /** The first file is the one that is printed. */
  readonly render: (
    hosts: readonly PinnedHost[],
    settings: RenderSettings,
  ) => readonly GeneratedFile[]
}

export type RenderSettings = {
  /** Of the class that OkHttp's pinner stands in. */
  readonly javaPackage: string
}
