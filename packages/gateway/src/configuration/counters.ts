import Type from 'typebox'
import { awayPolicies } from '../counters/redis/redis-counters.ts'

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
    redis: Type.Optional(
      Type.Object(
        {
          url: Type.String({
            pattern: '^rediss?://[^@/?#\\s]+(?:/[0-9]{1,3})?$',
            description: 'redis://host:6379/0, or rediss:// for TLS; no password in it',
          }),
          username: Type.Optional(
            Type.String({ minLength: 1, maxLength: 128, description: 'ACL user' }),
          ),
          passwordFile: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 4_096,
              description: 'Its first line is the password',
            }),
          ),
          caFile: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 4_096,
              description: 'PEM: the CA that it is verified with; by default those of the system',
            }),
          ),
          insecurePlaintext: Type.Optional(
            Type.Boolean({
              description:
                'Lets a redis:// on another machine be used without TLS: whoever is between reads the password and sets the counters',
            }),
          ),
          keyPrefix: Type.String({
            pattern: '^[A-Za-z0-9{}._-]{1,64}$',
            default: 'sallyport',
            description: 'Of every key; the same at all gateways that count together',
          }),
          timeoutMs: Type.Integer({
            minimum: 5,
            maximum: 2_000,
            default: 75,
            description: 'No request waits longer for it',
          }),
        },
        {
          additionalProperties: false,
          description: 'Redis or Valkey, where several gateways count together',
        },
      ),
    ),
    whenAway: Type.Enum([...awayPolicies], {
      default: 'local',
      description:
        'Without Redis: local counts in each gateway alone; closed refuses; open lets through',
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'What limits and replay checks count; sizes take effect at the next start',
  },
)
