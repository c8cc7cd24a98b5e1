import { createHash } from 'node:crypto'
import type Type from 'typebox'
import { compareVersions } from '../stages/app-version.ts'
import type { GatewayRequest } from './gateway-request.ts'

/**
 * For whom a stage in mode `enforce` refuses already; for everyone else it decides as in mode `shadow`,
 * which lets through. Both members given: both must hold.
 */
export type Rollout = {
  /** Of the devices, 0 to 100. A device that is among 10 percent is among 20. */
  readonly percent?: number
  readonly appVersions?: {
    /** This version and newer ones. */
    readonly from?: string
    /** Only versions older than this one. */
    readonly below?: string
  }
}

export type IsEnforcedFor = (request: GatewayRequest) => boolean

const version = '^[0-9A-Za-z.+_-]{1,40}$'

/** The schema of a rollout, as the member `enforce` of a stage's settings. */
export function rolloutSchema(type: typeof Type) {
  const closed = { additionalProperties: false }
  const appVersions = type.Object(
    {
      from: type.Optional(
        type.String({ pattern: version, description: 'This version and newer ones' }),
      ),
      below: type.Optional(
        type.String({ pattern: version, description: 'Versions older than this one alone' }),
      ),
    },
    {
      ...closed,
      minProperties: 1,
      description: 'Of the app, as the certificate of the device says it',
    },
  )
  return type.Object(
    {
      percent: type.Optional(
        type.Number({
          minimum: 0,
          maximum: 100,
          description: 'Of the devices; the same ones at every request and every gateway',
        }),
      ),
      appVersions: type.Optional(appVersions),
    },
    {
      ...closed,
      minProperties: 1,
      description: 'For whom mode enforce refuses already: for all others the stage is in shadow',
    },
  )
}

/** Asked about requests alone that the stage would refuse: what it costs, few pay. */
export function compileRollout(stage: string, rollout: Rollout): IsEnforcedFor {
  const { percent = 100, appVersions } = rollout
  return (request) =>
    (appVersions === undefined || isWithin(appVersions, request)) &&
    (percent === 100 || shareOf(stage, request) < percent)
}

// The device stage may be the one that refuses: so it is the certificate that is asked, not its verdict.
function isWithin(
  { from, below }: NonNullable<Rollout['appVersions']>,
  { caller }: GatewayRequest,
): boolean {
  const known = caller.currentLeaf()?.device?.facts?.appVersion
  if (known === undefined) return false
  if (from !== undefined && compareVersions(known, from) < 0) return false
  return below === undefined || compareVersions(known, below) < 0
}

/**
 * Where in 0 to 100 a device stands, by its id and the stage, so that it is not the same devices that
 * come first in every rollout. Who shows no certificate stands where the address does.
 */
function shareOf(stage: string, { caller }: GatewayRequest): number {
  const who = caller.currentLeaf()?.device?.deviceId ?? caller.address
  const digest = createHash('sha256').update(`${stage}\0${who}`).digest()
  return (digest.readUInt32BE(0) / 2 ** 32) * 100
}
