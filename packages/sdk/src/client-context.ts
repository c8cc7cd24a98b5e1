import { type Evidence, fromBase64url, type Purpose } from '@sallyport/wire'
import type { Authority } from './authority.ts'
import type { Challenge } from './authority-answer.ts'
import type { Identity, StateHolder } from './client-state.ts'
import type { EventLog } from './event-log.ts'
import type { CollectEvidence } from './evidence.ts'
import type { KeyHandle, KeyStore } from './key-store.ts'
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
  readonly clock: ServerClock
  readonly events: EventLog
  readonly renewalKey: 'new' | 'same'
  readonly onCertificate: (certificate: DeviceCertificate) => Promise<void>
  readonly random: () => number
  readonly sleep: Sleep
}

/** The members of a request that tell of the app. */
export function aboutTheApp(app: AppFacts) {
  const { version: appVersion, platform, osPatchLevel } = app
  return { appVersion, platform, ...(osPatchLevel === undefined ? {} : { osPatchLevel }) }
}

export function deviceCertificate(identity: Identity): DeviceCertificate {
  const { deviceId, keyId, certificates } = identity
  return {
    deviceId,
    keyId,
    certificates: certificates.flatMap((text) => fromBase64url(text) ?? []),
  }
}

/** The member `evidence` of a request, or none. */
export async function evidenceFor(
  context: ClientContext,
  purpose: Purpose,
  challenge: Challenge,
  key: KeyHandle,
): Promise<{ evidence?: Evidence }> {
  const evidence = await context.collectEvidence({ purpose, challenge: challenge.bytes, key })
  return evidence === undefined ? {} : { evidence }
}
