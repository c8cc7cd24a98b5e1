import { fromBase64url } from '@sallyport/wire'
import type { Authority } from './authority.ts'
import type { Identity, StateHolder } from './client-state.ts'
import type { EventLog } from './event-log.ts'
import type { CollectEvidence, CollectSignals } from './evidence.ts'
import type { KeyStore } from './key-store.ts'
import type { Sleep } from './retry.ts'
import type { ServerClock } from './server-clock.ts'

/** What the app says of itself. The version is read anew for every request. */
export type AppFacts = {
  /** As under `apps` in the configuration of the authority. */
  readonly id: string
  readonly version: string
  readonly platform: 'android' | 'ios' | 'other'
  /** Security patch level of the operating system: `2026-11-01` or `27.1`. */
  readonly osPatchLevel?: string | undefined
  /** `16`, `27.1`. */
  readonly osVersion?: string | undefined
  /** `Pixel 9a`, `iPhone17,3`: what reports of refusals are grouped by. */
  readonly deviceModel?: string | undefined
  /**
   * What the phone calls itself over reinstalls of the app, 8 to 100 of `[A-Za-z0-9._-]`: on Android
   * `Settings.Secure.ANDROID_ID`, on iOS a random text in the keychain, which outlives the app. Sent when
   * it enrols, so that a reinstall takes the place of the old device instead of standing beside it.
   */
  readonly phoneId?: string | undefined
}

/** The certificate in use, for what connects beside this client. Its key stays in the key store. */
export type DeviceCertificate = {
  readonly deviceId: string
  readonly keyId: string
  /** DER, the certificate of the device first, then its issuing CA. */
  readonly certificates: readonly Uint8Array[]
}

/** The parts of one client that its operations share. */
export type ClientContext = {
  readonly app: AppFacts
  readonly authority: Authority
  readonly keyStore: KeyStore
  readonly state: StateHolder
  readonly collectEvidence: CollectEvidence
  readonly collectSignals: CollectSignals
  readonly evidenceAtRenewal: 'with-new-key' | 'always'
  readonly clock: ServerClock
  readonly events: EventLog
  readonly renewalKey: 'new' | 'same'
  readonly onCertificate: (certificate: DeviceCertificate) => Promise<void>
  readonly random: () => number
  readonly sleep: Sleep
}

/** The members of a request that tell of the app and its phone. */
export function aboutTheApp(app: AppFacts) {
  const { version: appVersion, platform } = app
  const osPatchLevel = inWords(app.osPatchLevel, /[^0-9A-Za-z.-]/g, 20)
  const osVersion = inWords(app.osVersion, /[^0-9A-Za-z.-]/g, 20)
  const deviceModel = inWords(app.deviceModel, /[^0-9A-Za-z ,._()+/-]/g, 60)
  return {
    appVersion,
    platform,
    ...(osPatchLevel === undefined ? {} : { osPatchLevel }),
    ...(osVersion === undefined ? {} : { osVersion }),
    ...(deviceModel === undefined ? {} : { deviceModel }),
  }
}

/**
 * What a phone says of itself, in the characters and the length that messages have for it: makers put
 * anything into the name of a model, and no enrolment shall fail for it.
 */
function inWords(text: string | undefined, strange: RegExp, maximum: number): string | undefined {
  const words = text?.replace(strange, '-').slice(0, maximum)
  return words === '' ? undefined : words
}

export function deviceCertificate(identity: Identity): DeviceCertificate {
  const { deviceId, keyId, certificates } = identity
  return {
    deviceId,
    keyId,
    certificates: certificates.flatMap((text) => fromBase64url(text) ?? []),
  }
}
