import Type from 'typebox'
import { Time } from './messages.ts'

const Text = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }))

/** Exactly one of address, account, user and device is there; or account and device. */
export const NewLift = Type.Object(
  {
    address: Text(49, 'Its temporary blocks end, and what limits counted of it is forgotten'),
    account: Text(1_000, 'As it is typed where users sign in: its waits end'),
    user: Text(255, 'The claim sub: what limits counted of this user is forgotten'),
    device: Text(
      40,
      'What limits counted of this device is forgotten; with account, its waits there',
    ),
    provider: Text(63, 'Whose user it is: a name under identityProviders of the authority'),
    issuer: Text(1_000, 'In place of provider: the claim iss'),
    reason: Text(500, 'Why, for the audit log'),
  },
  { additionalProperties: false },
)
export type NewLift = Type.Static<typeof NewLift>

export const AdminLift = Type.Object({
  /** Whose: of an account and a user a hash. As in the audit log. */
  subject: Type.String(),
  /** The change after which it is in force. */
  seq: Type.Integer(),
})
export type AdminLift = Type.Static<typeof AdminLift>

/** An address or network that a gateway does not serve for a while. */
export const AdminBlock = Type.Object({
  gateway: Type.String(),
  network: Type.String(),
  until: Time,
  /** As `limit login`: the rule of the limits stage that raised it. */
  why: Type.String(),
})
export type AdminBlock = Type.Static<typeof AdminBlock>
