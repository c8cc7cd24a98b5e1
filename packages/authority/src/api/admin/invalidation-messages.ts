import { endedKinds } from '@sallyport/wire'
import Type from 'typebox'
import { Limit, Time } from './messages.ts'

const closed = { additionalProperties: false }
const kinds = Object.keys(endedKinds) as (keyof typeof endedKinds)[]
const Text = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }))

const Provider = Text(63, 'Whose it is: a name under identityProviders of the authority')
const Issuer = Text(1_000, 'In place of provider: the claim iss')
const Subject = Text(255, 'All tokens of this user that were issued until now')
const Session = Text(1_000, 'All tokens of this sign-in, for good: the claim sid')
const DeviceId = Text(40, 'All tokens issued until now, on this device. Its certificate goes on')

/** Exactly one of token, tokenId, subject, session and deviceId is there. */
export const NewInvalidation = Type.Object(
  {
    token: Text(16_384, 'An access token itself. It is neither kept nor logged'),
    tokenId: Text(1_000, 'The claim jti of an access token'),
    subject: Subject,
    session: Session,
    deviceId: DeviceId,
    provider: Provider,
    issuer: Issuer,
    reason: Text(500, 'Why, for the audit log'),
  },
  closed,
)
export type NewInvalidation = Type.Static<typeof NewInvalidation>

export const AdminInvalidation = Type.Object({
  kind: Type.Enum([...kinds]),
  /** Of deviceTokens the device; else SHA-256, base64url: the store knows neither subject nor token. */
  key: Type.String(),
  issuer: Type.Union([Type.String(), Type.Null()]),
  at: Time,
  /** Tokens issued at or before it have ended; null: all have. */
  issuedUntil: Type.Union([Time, Type.Null()]),
  /** When it is forgotten: none of the tokens can be in date by then. */
  until: Time,
  actor: Type.String(),
  reason: Type.Union([Type.String(), Type.Null()]),
  /** Its number in the feed. */
  seq: Type.Integer(),
})
export type AdminInvalidation = Type.Static<typeof AdminInvalidation>

/** `seq`: the change after which all of it is in force. */
export const InvalidationChange = Type.Object({
  invalidations: Type.Array(AdminInvalidation),
  seq: Type.Integer(),
})
export type InvalidationChange = Type.Static<typeof InvalidationChange>

export const InvalidationQuery = Type.Object(
  {
    kind: Type.Optional(Type.Enum([...kinds])),
    subject: Subject,
    session: Session,
    deviceId: DeviceId,
    provider: Provider,
    issuer: Issuer,
    /** `nextBefore` of the page before: older ones. */
    before: Type.Optional(Type.Integer({ minimum: 1 })),
    limit: Type.Optional(Limit),
  },
  closed,
)
export type InvalidationQuery = Type.Static<typeof InvalidationQuery>

export const InvalidationPage = Type.Object({
  invalidations: Type.Array(AdminInvalidation),
  nextBefore: Type.Optional(Type.Integer()),
})
export type InvalidationPage = Type.Static<typeof InvalidationPage>
