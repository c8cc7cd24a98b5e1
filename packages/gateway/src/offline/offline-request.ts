import type { DeviceStatus as Status, Assurance, Platform } from '@sallyport/wire'

/** A request as a table of cases describes it: facts in place of certificates and tokens. */
export type OfflineRequest = {
  readonly host: string
  readonly method: string
  /** Path and query, as a client would send them. */
  readonly path: string
  readonly address: string
  /** Flat: name, value, name, value … */
  readonly headers: readonly string[]
  /** Milliseconds. */
  readonly at: number
  /** Undefined: no client certificate. */
  readonly device: OfflineDevice | undefined
  /** Undefined: no access token. */
  readonly user: OfflineUser | undefined
}

/** What a certificate would say, and the status feed. */
export type OfflineDevice = {
  readonly id: string
  readonly app: string
  readonly status: Status
  readonly assurance: Assurance
  readonly platform: Platform
  readonly appVersion: string
  readonly osPatchLevel: string | undefined
  /** Milliseconds; so are the next two. */
  readonly attestedAt: number
  readonly enrolledAt: number
  readonly certifiedAt: number
  readonly development: boolean
}

/** A token that was verified, by its claims. */
export type OfflineUser = {
  /** The name of an identity provider of the configuration. */
  readonly provider: string
  readonly claims: Readonly<Record<string, unknown>>
}
