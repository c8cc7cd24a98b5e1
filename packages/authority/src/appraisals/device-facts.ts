import { type EvidenceFacts, evidenceFormats } from '@sallyport/attestation'
import type { Platform } from '@sallyport/wire'

/** Facts that evidence can prove; without it they are what the phone says. */
export const provableFacts = ['platform', 'model', 'osVersion', 'osPatchLevel'] as const
export type ProvableFact = (typeof provableFacts)[number]

/** What a message says of app and phone: asserted, until evidence proves it. */
export type AssertedFacts = {
  platform: Platform
  appVersion: string
  osPatchLevel?: string | undefined
  osVersion?: string | undefined
  deviceModel?: string | undefined
}

/** What is known of app and phone, and which of it is proven. */
export type DeviceFacts = {
  platform: Platform
  appVersion: string
  model: string | null
  osVersion: string | null
  osPatchLevel: string | null
  provenFacts: readonly ProvableFact[]
}

export type ProvenFacts = { readonly [Fact in ProvableFact]?: DeviceFacts[Fact] | undefined }

/** What evidence that holds proves of the phone. */
export function provenBy(format: string, facts: EvidenceFacts): ProvenFacts {
  const { model, osVersion, osPatchLevel } = facts
  return { platform: evidenceFormats[format]?.platform, model, osVersion, osPatchLevel }
}

/** What is proven comes first; of the rest, what the phone says. */
export function deviceFacts(proven: ProvenFacts, asserted: AssertedFacts): DeviceFacts {
  return {
    platform: proven.platform ?? asserted.platform,
    appVersion: asserted.appVersion,
    model: proven.model ?? asserted.deviceModel ?? null,
    osVersion: proven.osVersion ?? asserted.osVersion ?? null,
    osPatchLevel: proven.osPatchLevel ?? asserted.osPatchLevel ?? null,
    provenFacts: provableFacts.filter((fact) => typeof proven[fact] === 'string'),
  }
}
