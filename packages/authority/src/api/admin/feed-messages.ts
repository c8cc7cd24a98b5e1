import Type from 'typebox'

const Time = Type.String({ format: 'date-time' })
const OptionalTime = Type.Union([Time, Type.Null()])

/** The feed, and who follows it. */
export const AdminFeed = Type.Object({
  epoch: Type.String(),
  seq: Type.Integer(),
  followers: Type.Integer(),
  /** Number of the key set in force, and the thumbprints (RFC 7638) of its keys. */
  keySet: Type.Integer(),
  keys: Type.Array(Type.String()),
  /** How many statuses of an epoch before are open, and how the others were decided. */
  unconfirmed: Type.Object({
    open: Type.Integer(),
    ended: Type.Integer(),
    kept: Type.Integer(),
    dropped: Type.Integer(),
  }),
  restarts: Type.Array(Type.Object({ gateway: Type.String(), at: Time, refused: Type.Boolean() }), {
    description:
      'Gateways that said within a day that the store went back, and whether they were refused a new epoch',
  }),
})
export type AdminFeed = Type.Static<typeof AdminFeed>

/** The public keys of the feed: a JWK Set (RFC 7517 §5). */
export const AdminFeedKeys = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Type.Literal('EC'),
      crv: Type.Literal('P-256'),
      x: Type.String(),
      y: Type.String(),
      kid: Type.String(),
      alg: Type.Literal('ES256'),
      use: Type.Literal('sig'),
    }),
  ),
})
export type AdminFeedKeys = Type.Static<typeof AdminFeedKeys>

/** A status that gateways kept from an epoch before. */
export const AdminUnconfirmed = Type.Object({
  kind: Type.String(),
  key: Type.String(),
  status: Type.String(),
  until: Time,
  reportedAt: Time,
  reportedBy: Type.String(),
  decision: Type.Enum(['open', 'ended', 'kept', 'dropped']),
  decidedAt: OptionalTime,
  decidedBy: Type.Union([Type.String(), Type.Null()]),
  reason: Type.Union([Type.String(), Type.Null()]),
})
export type AdminUnconfirmed = Type.Static<typeof AdminUnconfirmed>

export const UnconfirmedPage = Type.Object({
  statuses: Type.Array(AdminUnconfirmed),
  /** To be asked for next. */
  nextAfter: Type.Optional(Type.String()),
})

const closed = { additionalProperties: false }
const Which = {
  /** The keys; without it all that are open. */
  keys: Type.Optional(
    Type.Array(Type.String({ maxLength: 200 }), { minItems: 1, maxItems: 1_000 }),
  ),
}
export const ConfirmUnconfirmed = Type.Object(
  { ...Which, reason: Type.Optional(Type.String({ maxLength: 500 })) },
  closed,
)
export const DropUnconfirmed = Type.Object(
  { ...Which, reason: Type.String({ minLength: 1, maxLength: 500 }) },
  closed,
)

/** How many were decided in which way. */
export const UnconfirmedDecided = Type.Object({
  ended: Type.Integer(),
  kept: Type.Integer(),
  dropped: Type.Integer(),
})
export type UnconfirmedDecided = Type.Static<typeof UnconfirmedDecided>
