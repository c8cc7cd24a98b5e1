import { addressStage } from '../stages/address.ts'
import { accessStage } from '../stages/access.ts'
import { deviceStage } from '../stages/device.ts'
import { limitsStage } from '../stages/limits.ts'
import { hostStage } from '../stages/host.ts'
import { routeStage } from '../stages/route.ts'
import { tokenStage } from '../stages/token.ts'
import type { Stage } from './stage.ts'

/** The pipeline: every stage, in the order in which a request meets them. Then it is forwarded. */
export const stages: readonly Stage<never>[] = [
  hostStage,
  addressStage,
  deviceStage,
  routeStage,
  tokenStage,
  accessStage,
  limitsStage,
]

/** The stages that have settings, and with them modes: host and route are the shape of a request. */
export const layerNames: readonly string[] = stages
  .filter(({ settings }) => settings !== undefined)
  .map(({ name }) => name)
