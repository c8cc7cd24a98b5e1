import { assurances, deviceStatuses, platforms } from '@sallyport/wire'
import Type from 'typebox'

const closed = { additionalProperties: false }
const Name = Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]{1,200}$' })
const Time = Type.String({
  pattern:
    '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,3})?)?(?:Z|[+-]\\d{2}:\\d{2})$',
  description: 'RFC 3339, as 2026-11-20T10:00:00Z',
})
const version = '^[0-9A-Za-z.+_-]{1,40}$'

const Device = Type.Object(
  {
    id: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,80}$' })),
    app: Type.Optional(Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' })),
    status: Type.Optional(Type.Enum([...deviceStatuses])),
    assurance: Type.Optional(Type.Enum([...assurances])),
    platform: Type.Optional(Type.Enum([...platforms])),
    appVersion: Type.Optional(Type.String({ pattern: version })),
    osPatchLevel: Type.Optional(Type.String({ pattern: version })),
    attestedAt: Type.Optional(Time),
    enrolledAt: Type.Optional(Time),
    development: Type.Optional(Type.Boolean()),
  },
  { ...closed, description: 'What its certificate says' },
)
export type DescribedDevice = Type.Static<typeof Device>

const User = Type.Object(
  {
    provider: Type.Optional(Name),
    claims: Type.Record(Type.String(), Type.Unknown(), {
      description: 'As in the token: sub, scope, and what else it says',
    }),
  },
  { ...closed, description: 'Whose access token it is' },
)
export type DescribedUser = Type.Static<typeof User>

const Expectation = Type.Union([
  Type.Enum(['allow', 'deny']),
  Type.Object(
    {
      verdict: Type.Optional(Type.Enum(['allow', 'deny'])),
      route: Type.Optional(Name),
      stage: Type.Optional(Name),
      code: Type.Optional(Name),
      rule: Type.Optional(Name),
    },
    { ...closed, minProperties: 1 },
  ),
])
export type Expectation = Type.Static<typeof Expectation>

const Case = Type.Object(
  {
    name: Type.Optional(Name),
    host: Type.Optional(Name),
    method: Type.Optional(Type.String({ pattern: '^[A-Z][A-Z-]{0,30}$' })),
    path: Type.Optional(
      Type.String({ minLength: 1, maxLength: 8_192, description: 'With the query, as it is sent' }),
    ),
    route: Type.Optional(Name),
    parameters: Type.Optional(Type.Record(Type.String(), Type.String())),
    address: Type.Optional(Type.String({ maxLength: 45 })),
    headers: Type.Optional(Type.Record(Name, Type.String())),
    at: Type.Optional(Time),
    device: Type.Optional(Type.Union([Name, Device])),
    user: Type.Optional(Type.Union([Name, User])),
    expect: Type.Optional(Expectation),
  },
  closed,
)
export type Case = Type.Static<typeof Case>

/** A table of requests, and what should become of each. */
export const CaseTableSchema = Type.Object(
  {
    host: Type.Optional(Name),
    address: Type.Optional(Type.String({ maxLength: 45 })),
    at: Type.Optional(Time),
    devices: Type.Optional(Type.Record(Name, Device)),
    users: Type.Optional(Type.Record(Name, User)),
    cases: Type.Array(Case, { minItems: 1, maxItems: 10_000 }),
  },
  closed,
)
export type CaseTable = Type.Static<typeof CaseTableSchema>
