import Type from 'typebox'

const keys = (fallback: number, description: string) =>
  Type.Integer({ minimum: 1_024, maximum: 134_217_728, default: fallback, description })

/** How many keys are counted at once, by all workers together. 28 bytes of memory each. */
export const CountersSchema = Type.Object(
  {
    provenKeys: keys(262_144, 'Devices, users and tokens that limits count at once, by rule'),
    claimedKeys: keys(
      262_144,
      'Addresses, and values of header or body fields, that limits count at once, by rule',
    ),
    replayKeys: keys(524_288, 'Proofs that are remembered so that none comes twice'),
    knownKeys: keys(262_144, 'Devices that are remembered to know an account'),
    openKeys: keys(65_536, 'Keys of limits on requests under way, while there are such requests'),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'What limits and replay checks count; sizes take effect at the next start',
  },
)

export type CountersSettings = Type.Static<typeof CountersSchema>
