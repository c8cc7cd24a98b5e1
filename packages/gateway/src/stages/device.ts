import { type Assurance, assurances, isAtLeast, type Platform, platforms } from '@sallyport/wire'
import type { DeviceIdentity } from '@sallyport/pki'
import type Type from 'typebox'
import {
  type Decide,
  pass,
  type Refusal,
  type Stage,
  type StageSettings,
} from '../pipeline/stage.ts'
import { stale, staleForSensitive } from '../status/stale-refusals.ts'
import { certificateRequired, checkDevice } from '../trust/check-device.ts'
import { checkIssued } from '../trust/check-issued.ts'
import { isAtLeastVersion } from './app-version.ts'

export type DeviceSettings = StageSettings & {
  /** Whether a request without a certificate is refused. By default on hosts that demand one. */
  readonly required?: boolean
  readonly minimumAssurance?: Assurance
  readonly apps?: readonly string[]
  readonly platforms?: readonly Platform[]
  readonly minimumAppVersion?: string
}

/**
 * Which device is calling, and whether this route is open to it. Never asks TLS whether the peer is
 * authorized: the leaf is held against the host's present trust, its dates and status against now.
 */
export const deviceStage: Stage<DeviceSettings> = {
  name: 'device',
  settings: (type: typeof Type) => ({
    required: type.Optional(
      type.Boolean({
        description: 'Whether a device must be known; by default as the host demands',
      }),
    ),
    minimumAssurance: type.Optional(
      type.Enum([...assurances], { description: 'What must be proven of the key of the device' }),
    ),
    apps: type.Optional(
      type.Array(type.String({ maxLength: 63 }), {
        minItems: 1,
        description: 'Ids of the apps that are let in; by default all',
      }),
    ),
    platforms: type.Optional(
      type.Array(type.Enum([...platforms]), {
        minItems: 1,
        description: 'Platforms that are let in; by default all',
      }),
    ),
    minimumAppVersion: type.Optional(
      type.String({
        pattern: '^[0-9A-Za-z.+_-]{1,40}$',
        description: 'Older apps are told to update; the version is that of the last renewal',
      }),
    ),
  }),
  appliesTo: (host) => host.clientCertificate !== 'off',
  compile: (settings, { host, route, services: { status } }): Decide => {
    const demands = compileDemands(settings)
    const isRequired =
      settings.required ?? (demands.length > 0 || host.clientCertificate !== 'optional')
    const staleness = route?.sensitive === true ? staleForSensitive : stale
    return (request) => {
      const { caller } = request
      if (!isRequired && !caller.hasCertificate) return pass
      const late = staleness[status.level]
      // Without a certificate there is nothing that old knowledge could be wrong about.
      if (late !== undefined) return caller.hasCertificate ? late : certificateRequired
      const against = checkDevice(caller, status, request.at)
      if (against !== undefined) return against
      const leaf = caller.currentLeaf()
      if (leaf?.device === undefined) return certificateRequired
      request.device = leaf.device
      const demanded = refusalBy(demands, leaf.device)
      if (demanded !== undefined || !leaf.mustBeListed) return demanded ?? pass
      return checkIssued(leaf, status)
    }
  },
}

function refusalBy(demands: readonly Demand[], device: DeviceIdentity): Refusal | undefined {
  for (const demand of demands) {
    const refusal = demand(device)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

type Demand = (device: DeviceIdentity) => Refusal | undefined

function compileDemands(settings: DeviceSettings): Demand[] {
  const { minimumAssurance, apps, platforms: allowed, minimumAppVersion } = settings
  const demands: Demand[] = []
  if (apps !== undefined) {
    const known = new Set(apps)
    demands.push(({ appId = 'none' }) =>
      known.has(appId)
        ? undefined
        : refuse('device_app_not_allowed', 'app', `one of ${apps.join(', ')}`, appId),
    )
  }
  if (minimumAssurance !== undefined) {
    demands.push(({ assurance }) =>
      isAtLeast(assurance, minimumAssurance)
        ? undefined
        : refuse(
            'device_assurance_too_low',
            'assurance',
            `at least ${minimumAssurance}`,
            assurance,
          ),
    )
  }
  if (allowed !== undefined) {
    const known = new Set<string>(allowed)
    demands.push(({ facts }) =>
      known.has(facts?.platform ?? 'unknown')
        ? undefined
        : refuse(
            'device_platform_not_allowed',
            'platform',
            `one of ${allowed.join(', ')}`,
            facts?.platform ?? 'unknown',
          ),
    )
  }
  if (minimumAppVersion !== undefined) {
    const isNewEnough = isAtLeastVersion(minimumAppVersion)
    demands.push(({ facts }) =>
      facts !== undefined && isNewEnough(facts.appVersion)
        ? undefined
        : refuse(
            'device_app_version_too_old',
            'app-version',
            `at least ${minimumAppVersion}`,
            facts?.appVersion ?? 'unknown',
          ),
    )
  }
  return demands
}

function refuse(code: Refusal['code'], check: string, expected: string, found: string): Refusal {
  return { code, check, expected, found }
}
