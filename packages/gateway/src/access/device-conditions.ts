import { type Assurance, isAtLeast, type Platform } from '@sallyport/wire'
import type { DeviceIdentity } from '@sallyport/pki'
import { isAtLeastVersion } from '../stages/app-version.ts'
import type { Condition } from './condition.ts'
import { isPatchedTo } from './version-order.ts'

/**
 * What must be known of the device: as its certificate says, which is as of the last enrolment or
 * renewal. Certificates of other CAs say none of it, and hold none of these. When a device first enrolled
 * is in no certificate.
 */
export type DeviceConditionSettings = {
  readonly apps?: readonly string[]
  readonly platforms?: readonly Platform[]
  readonly minimumAppVersion?: string
  readonly minimumAssurance?: Assurance
  /** `2026-09-05`. */
  readonly minimumPatchLevel?: string
  readonly maxAttestationAgeHours?: number
  readonly minimumAgeHours?: number
}

const msPerHour = 3_600_000

type Check = {
  readonly check: string
  readonly expected: string
  readonly holds: (device: DeviceIdentity, at: number) => boolean
  readonly found: (device: DeviceIdentity, at: number) => string
}

/** A row for each member: from its setting to the check of a device. */
const rows: {
  readonly [M in keyof DeviceConditionSettings]-?: (
    setting: NonNullable<DeviceConditionSettings[M]>,
  ) => Check
} = {
  apps: (apps) => ({
    check: 'app',
    expected: `an app of ${apps.join(', ')}`,
    holds: ({ appId }) => appId !== undefined && apps.includes(appId),
    found: ({ appId }) => appId ?? unknown,
  }),
  platforms: (platforms) => ({
    check: 'platform',
    expected: `a platform of ${platforms.join(', ')}`,
    holds: ({ facts }) => facts !== undefined && platforms.includes(facts.platform),
    found: ({ facts }) => facts?.platform ?? unknown,
  }),
  minimumAppVersion: (minimum) => {
    const isNewEnough = isAtLeastVersion(minimum)
    return {
      check: 'app-version',
      expected: `app version ${minimum} or newer`,
      holds: ({ facts }) => facts !== undefined && isNewEnough(facts.appVersion),
      found: ({ facts }) => facts?.appVersion ?? unknown,
    }
  },
  minimumAssurance: (minimum) => ({
    check: 'assurance',
    expected: `assurance ${minimum} or better`,
    holds: ({ assurance }) => isAtLeast(assurance, minimum),
    found: ({ assurance }) => assurance,
  }),
  minimumPatchLevel: (minimum) => ({
    check: 'patch-level',
    expected: `patch level ${minimum} or newer`,
    holds: ({ facts }) =>
      facts?.osPatchLevel !== undefined && isPatchedTo(facts.osPatchLevel, minimum),
    found: ({ facts }) => facts?.osPatchLevel ?? unknown,
  }),
  maxAttestationAgeHours: (hours) => ({
    check: 'attestation-age',
    expected: `evidence appraised within ${hours} hours`,
    holds: ({ facts }, at) => facts !== undefined && at - facts.appraisedAt <= hours * msPerHour,
    found: ({ facts }, at) =>
      facts === undefined
        ? unknown
        : `${Math.floor((at - facts.appraisedAt) / msPerHour)} hours ago`,
  }),
  minimumAgeHours: (hours) => ({
    check: 'age',
    expected: `a device that enrolled ${hours} hours ago or earlier`,
    holds: ({ facts }, at) =>
      facts?.enrolledAt !== undefined && at - facts.enrolledAt >= hours * msPerHour,
    found: ({ facts }, at) =>
      facts?.enrolledAt === undefined
        ? unknown
        : `${Math.floor((at - facts.enrolledAt) / msPerHour)} hours ago`,
  }),
}

const unknown = 'unknown'

export function deviceConditions(settings: DeviceConditionSettings): Condition[] {
  const checks = Object.entries(settings).map(([member, setting]) =>
    (rows[member as keyof DeviceConditionSettings] as (setting: unknown) => Check)(setting),
  )
  return [knownDevice, ...checks.map(condition)]
}

const knownDevice: Condition = {
  check: 'device',
  expected: 'a device with its certificate',
  needsUser: false,
  holds: ({ device }) => device !== undefined,
  found: () => 'none',
}

function condition({ check, expected, holds, found }: Check): Condition {
  return {
    check: `device.${check}`,
    expected,
    needsUser: false,
    holds: ({ device, at }) => device !== undefined && holds(device, at),
    found: ({ device, at }) => (device === undefined ? 'no device' : found(device, at)),
  }
}
