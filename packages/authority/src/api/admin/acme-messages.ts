import Type from 'typebox'
import { MadeBy } from './messages.ts'

const closed = { additionalProperties: false }
const Time = Type.String({ format: 'date-time' })
const OptionalTime = Type.Union([Time, Type.Null()])

export const NewAcmeCredential = Type.Object(
  {
    appId: Type.String({ maxLength: 63 }),
    label: Type.Optional(Type.String({ maxLength: 200 })),
    /** Within which accounts are made. Default: a day. */
    lifetimeSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 398 * 86_400 })),
  },
  closed,
)

export const AdminAcmeCredential = Type.Object({
  id: Type.String(),
  appId: Type.String(),
  label: Type.String(),
  status: Type.Enum(['usable', 'expired', 'revoked']),
  createdAt: Time,
  createdBy: Type.String(),
  madeBy: MadeBy,
  expiresAt: Time,
  revokedAt: OptionalTime,
  /** Accounts that were made with it. */
  accounts: Type.Integer(),
})
export type AdminAcmeCredential = Type.Static<typeof AdminAcmeCredential>

export const CreatedAcmeCredential = Type.Object({
  credential: AdminAcmeCredential,
  /** Its HMAC key, base64url: told once. */
  key: Type.String(),
})

export const AdminServiceCertificate = Type.Object({
  thumbprint: Type.String(),
  serial: Type.String(),
  appId: Type.String(),
  names: Type.Array(Type.String()),
  accountId: Type.String(),
  issuedAt: Time,
  notAfter: Time,
  revokedAt: OptionalTime,
  reason: Type.Union([Type.String(), Type.Null()]),
})
export type AdminServiceCertificate = Type.Static<typeof AdminServiceCertificate>
