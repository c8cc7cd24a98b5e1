import Type from 'typebox'
import { personalKinds } from '../../audit/personal.ts'

/** Text; or, where it was a personal value that was forgotten, that it was. */
const Forgettable = Type.Union([Type.String(), Type.Object({ forgotten: Type.Literal(true) })])

/** What proves a personal value of a row: see `audit/commitment.ts`. Of one that was forgotten nothing does. */
const PersonalPlace = Type.Object({
  /** JSON pointer into the row. */
  at: Type.String(),
  kind: Type.Enum([...personalKinds]),
  commitment: Type.String(),
  salt: Type.Optional(Type.String()),
  network: Type.Optional(Type.String()),
  exactSalt: Type.Optional(Type.String()),
  exactHash: Type.Optional(Type.String()),
})

export const AdminAuditRow = Type.Object({
  /** The name of the authority that wrote it. */
  chain: Type.String(),
  seq: Type.Integer(),
  /** Milliseconds: what the hash covers. */
  at: Type.Integer(),
  actor: Forgettable,
  action: Type.String(),
  subject: Forgettable,
  /** What was forgotten is `{"forgotten": true}` in it, too. */
  detail: Type.Object({}, { additionalProperties: true }),
  personal: Type.Optional(Type.Array(PersonalPlace)),
  previous: Type.String(),
  hash: Type.String(),
})
export const AuditPage = Type.Object({
  rows: Type.Array(AdminAuditRow),
  nextAfter: Type.Optional(Type.Integer()),
  /** The chain that was read, and the number of its last row: 0 where nobody wrote one. */
  chain: Type.String(),
  newest: Type.Integer(),
})
