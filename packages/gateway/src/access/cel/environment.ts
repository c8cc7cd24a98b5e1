import type { Environment } from '@marcbachmann/cel-js'
import { isAtLeastVersion } from '../version-order.ts'
import { celLibrary } from './library.ts'
import {
  CelDevice,
  CelRequest,
  CelUser,
  deviceFields,
  requestFields,
  userFields,
} from './variables.ts'

/** Bounds of one condition, held when it is read. */
export const celLimits = {
  maxAstNodes: 300,
  maxDepth: 32,
  maxListElements: 200,
  maxMapEntries: 50,
  maxCallArguments: 4,
} as const

/** The variables of a condition and their members, for what the type check does not look at. */
export const celVariableFields: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  user: userFields,
  device: deviceFields,
  request: requestFields,
}

let environment: Environment | undefined

/** What conditions are compiled in: closed, so that a name that is not here is found before any request. */
export function celEnvironment(): Environment {
  environment ??= makeEnvironment()
  return environment
}

function makeEnvironment(): Environment {
  const { Environment: CelEnvironment } = celLibrary()
  return new CelEnvironment({ limits: celLimits })
    .registerType('User', { ctor: CelUser, fields: userFields })
    .registerType('Device', { ctor: CelDevice, fields: deviceFields })
    .registerType('Request', { ctor: CelRequest, fields: requestFields })
    .registerVariable('user', 'User')
    .registerVariable('device', 'Device')
    .registerVariable('request', 'Request')
    .registerVariable('now', 'google.protobuf.Timestamp')
    .registerFunction('string.isAtLeast(string): bool', isAtLeastVersion)
}
