import type { AppFacts, CollectEvidence, CollectSignals, KeyStore } from '@sallyport/sdk'
import { androidParts, type VirtualAndroid } from './android/virtual-android.ts'
import { iphoneParts, type VirtualIphone } from './apple/virtual-iphone.ts'

/** A phone whose evidence the production verifiers read, under a development root. */
export type VirtualPhone = VirtualAndroid | VirtualIphone

/** What a platform puts in the place of a computer's. */
export type PlatformParts = {
  /** What the app reads of the phone. */
  readonly facts: Pick<AppFacts, 'platform' | 'osVersion' | 'osPatchLevel' | 'deviceModel'>
  readonly keyStore: (keys: KeyStore) => KeyStore
  readonly evidence: CollectEvidence
  readonly signals?: CollectSignals
}

/** The parts of a phone that keeps what it knows in this directory. */
export function platformParts(phone: VirtualPhone, directory: string): PlatformParts {
  return phone.platform === 'android'
    ? androidParts(phone, directory)
    : iphoneParts(phone, directory)
}
