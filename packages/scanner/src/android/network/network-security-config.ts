import type { Location } from '../../finding.ts'
import type { Setting } from '../manifest/manifest.ts'

export type TrustAnchors = {
  /** The platform's, what the user or an administrator added, Wi-Fi Alliance's, or certificates of the app itself. */
  readonly source: 'system' | 'user' | 'wfa' | 'resource'
  /** Chains that end in one of these need not match any pin. */
  readonly overridesPins: boolean
  /** From `<debug-overrides>`: trusted only because the build is debuggable. */
  readonly isForDebugging: boolean
  readonly location: Location
}

export type ConfiguredPinSet = {
  /** Base64 of 32 bytes each, as the platform decodes them. */
  readonly pins: readonly string[]
  /** As it is written. */
  readonly expiration: string | undefined
  /** Beginning of that day; by the device's own clock and zone, here in UTC. */
  readonly expiresAt: Date | undefined
  readonly location: Location
}

export type ConfiguredDomain = {
  /** Lower case. */
  readonly host: string
  readonly includesSubdomains: boolean
  readonly location: Location
}

/** One `<base-config>`, `<domain-config>` or `<debug-overrides>`: what it leaves out, its parent says. */
export type ConfigEntry = {
  readonly kind: 'base-config' | 'domain-config' | 'debug-overrides'
  readonly cleartext: Setting<boolean> | undefined
  readonly anchors: readonly TrustAnchors[] | undefined
  readonly pinSet: ConfiguredPinSet | undefined
  readonly domains: readonly ConfiguredDomain[]
  readonly parent: ConfigEntry | undefined
  readonly location: Location
}

export type NetworkSecurityConfig = {
  readonly path: string
  readonly base: ConfigEntry | undefined
  /** Those within others too, parents before children. */
  readonly domains: readonly ConfigEntry[]
  /** Only of debuggable builds: the platform does not look into it otherwise. */
  readonly debug: ConfigEntry | undefined
}

/** What the platform's parser throws: it ends the app at its first connection. */
export class ConfigurationCrash extends Error {
  override readonly name = 'ConfigurationCrash'
  readonly location: Location

  constructor(message: string, location: Location) {
    super(message)
    this.location = location
  }
}
