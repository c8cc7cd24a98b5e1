import Type from 'typebox'
import { type AcmeConfig, AcmeSchema } from './acme/acme-config.ts'
import { type EstConfig, EstSchema } from './est/est-config.ts'
import { type ScepConfig, ScepSchema } from './scep/scep-config.ts'

/** The standard protocols by which an app's devices can enrol. What is not there is off. */
export type ProtocolsConfig = { acme?: AcmeConfig; est?: EstConfig; scep?: ScepConfig }

export const ProtocolsSchema = Type.Object(
  {
    acme: Type.Optional(AcmeSchema),
    est: Type.Optional(EstSchema),
    scep: Type.Optional(ScepSchema),
  },
  {
    additionalProperties: false,
    default: {},
    description:
      'Standard protocols by which devices enrol, for managed fleets; each is off until it is here',
  },
)
