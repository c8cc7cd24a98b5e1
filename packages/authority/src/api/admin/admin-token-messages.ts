import Type from 'typebox'
import { maxTokenSeconds } from '../../admin/admin-token.ts'
import { maxNetworks } from '../../admin/networks.ts'
import { roles } from '../../admin/roles.ts'
import { verbs } from '../../admin/verbs.ts'
import { MadeBy } from './messages.ts'

const Time = Type.String({ format: 'date-time' })
const OptionalTime = Type.Union([Time, Type.Null()])
const Network = Type.String({
  // An address, as isNetwork knows it, and what a schema can say of its prefix.
  pattern: '^[0-9a-fA-F:.]{2,45}(?:/[0-9]{1,3})?$',
  description: 'Such as 10.0.0.0/8 or 2001:db8::/32',
})
const list = { minItems: 1, uniqueItems: true }

export const NewAdminToken = Type.Object(
  {
    label: Type.String({ maxLength: 200 }),
    role: Type.Enum([...roles]),
    apps: Type.Optional(
      Type.Array(Type.String({ maxLength: 63 }), {
        ...list,
        maxItems: 100,
        description: 'It sees and changes what is of these apps, and nothing else',
      }),
    ),
    verbs: Type.Optional(
      Type.Array(Type.Enum([...verbs]), {
        ...list,
        description: 'What it may do, within its role. Without it: whatever the role may',
      }),
    ),
    networks: Type.Optional(
      Type.Array(Network, {
        ...list,
        maxItems: maxNetworks,
        description: 'Whence it counts. Of a connection through a proxy: the address of the proxy',
      }),
    ),
    /** Default: 30 days. */
    lifetimeSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: maxTokenSeconds })),
  },
  { additionalProperties: false },
)

const optionalList = Type.Union([Type.Array(Type.String()), Type.Null()])

export const AdminTokenInfo = Type.Object({
  id: Type.String(),
  /** `first`: good for making one token. `session`: of a sign-in. */
  kind: Type.Enum(['first', 'token', 'session']),
  label: Type.String(),
  role: Type.Enum([...roles]),
  /** Null: not narrowed. */
  apps: optionalList,
  verbs: optionalList,
  networks: optionalList,
  createdAt: Time,
  createdBy: Type.String(),
  madeBy: MadeBy,
  expiresAt: Time,
  revokedAt: OptionalTime,
  /** To the hour. */
  lastUsedAt: OptionalTime,
})
export type AdminTokenInfo = Type.Static<typeof AdminTokenInfo>

export const CreatedAdminToken = Type.Object({ adminToken: AdminTokenInfo, token: Type.String() })
export type CreatedAdminToken = Type.Static<typeof CreatedAdminToken>

export const RevokeAdminToken = Type.Object(
  {
    reason: Type.Optional(Type.String({ maxLength: 500 })),
    keepMade: Type.Optional(
      Type.Boolean({
        description:
          'Leaves what it made. Without it that ends as well, but for the token of whoever asks and what that made',
      }),
    ),
  },
  { additionalProperties: false },
)

export const RevokedAdminToken = Type.Object({
  ...AdminTokenInfo.properties,
  alsoRevoked: Type.Array(Type.String(), {
    description:
      'What it made, and what that made, which ended with it: ids of admin tokens (adm_), enrolment tokens (ent_), ACME credentials (eab_) and MDM credentials (mdm_)',
  }),
})
