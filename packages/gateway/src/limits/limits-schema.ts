import type Type from 'typebox'
import type { TSchema } from 'typebox'
import { durationPattern } from './duration.ts'
import { keyWords } from './limit-settings.ts'

const closed = { additionalProperties: false }

/** The members of `stages.limits` but `mode`. */
export function limitsSchema(type: typeof Type): Record<string, TSchema> {
  const duration = (description: string) =>
    type.Optional(type.String({ pattern: durationPattern, description }))
  const count = (maximum: number, description: string) =>
    type.Optional(type.Integer({ minimum: 1, maximum, description }))
  const name = type.String({
    pattern: '^[a-z][a-z0-9-]{0,31}$',
    description: 'As it is called in decisions, metrics and RateLimit fields',
  })
  const across = type.Optional(
    type.Enum(['route', 'host', 'gateway'], {
      default: 'route',
      description: 'What shares its counters: rules of the same name of the host, or of all hosts',
    }),
  )
  const statuses = (description: string) =>
    type.Optional(
      type.Array(type.Integer({ minimum: 100, maximum: 599 }), {
        minItems: 1,
        maxItems: 32,
        uniqueItems: true,
        description,
      }),
    )
  const fieldForms = [
    type.Object(
      {
        header: type.String({
          pattern: "^[A-Za-z0-9!#$%&'*+.^_|~-]{1,64}$",
          description: 'Name of a header field',
        }),
      },
      closed,
    ),
    type.Object(
      {
        body: type.String({
          pattern: '^/',
          maxLength: 256,
          description: 'JSON pointer into the content, as /user/name',
        }),
      },
      closed,
    ),
    type.Object(
      { form: type.String({ minLength: 1, maxLength: 64, description: 'Field of a form' }) },
      closed,
    ),
  ]
  const field = type.Union(fieldForms)
  const source = type.Union([type.Enum([...keyWords]), field])
  const rule = type.Object(
    {
      name,
      key: type.Union([source, type.Array(source, { minItems: 1, maxItems: 4 })], {
        description: 'Whom it counts; of several, each combination by itself',
      }),
      limit: count(1_000_000_000, 'So many requests, or units of cost'),
      per: duration('In so long: 1s, 1m, 12h, 7d'),
      perDayIn: type.Optional(
        type.String({
          pattern: '^[A-Za-z0-9_+/-]{1,64}$',
          description: 'In place of per: in each calendar day of this time zone, as Europe/Berlin',
        }),
      ),
      atOnce: count(1_000_000, 'In place of limit: so many requests under way at once'),
      burst: count(1_000_000_000, 'Of limit and per: how many may come at once; by default limit'),
      cost: count(1_000_000, 'What a request of this route takes; by default 1'),
      countStatus: statuses('Only requests that the service answers so are counted'),
      across,
      blockAddressFor: duration('Who goes over it loses its address for so long'),
    },
    closed,
  )
  const bruteForce = type.Object(
    {
      name,
      account: type.Union(fieldForms, {
        description: 'Where a request names the account that it tries',
      }),
      failures: statuses('How the service answers a wrong secret; by default 401 and 403'),
      successes: statuses(
        'How the service answers the right secret, so that the device is known to the account; by default any 2xx and 3xx that is no failure',
      ),
      freeTries: count(1_000, 'Failures of an account before it must wait; by default 3'),
      freeTriesOfAddress: count(100_000, 'Failures from an address before; by default 20'),
      firstDelay: duration('The first wait, which doubles with each failure; by default 1s'),
      longestDelay: duration('No wait is longer; by default 15m'),
      forgetAfter: duration('Without a try for so long, failures are forgotten; by default 1d'),
      rememberDeviceFor: duration(
        'A device that signed in to an account keeps tries of its own for so long; by default 90d',
      ),
      across,
      blockAddressFor: duration('Who tries while it must wait loses its address for so long'),
    },
    closed,
  )
  return {
    rules: type.Optional(
      type.Array(rule, { minItems: 1, maxItems: 32, description: 'All of them must admit it' }),
    ),
    bruteForce: type.Optional(
      type.Array(bruteForce, {
        minItems: 1,
        maxItems: 4,
        description:
          'For routes that take a password, PIN or code: each failure makes the next wait',
      }),
    ),
    fields: type.Optional(
      type.Enum(['always', 'refused', 'never'], {
        default: 'refused',
        description: 'Which answers carry RateLimit and RateLimit-Policy',
      }),
    ),
    bodyBytes: type.Optional(
      type.Integer({
        minimum: 1_024,
        maximum: 1_048_576,
        default: 16_384,
        description:
          'How much of the content is read for keys; beyond it a field counts as missing',
      }),
    ),
  }
}
