import Type from 'typebox'
import { type SignInConfig, SignInSchema } from './sign-in-config.ts'

/** Who may use the admin API, beside whoever has a token. */
export type AdminAccessConfig = {
  signIn?: SignInConfig
  /** What needs a second person needs none. */
  insecureSinglePerson: boolean
}

export const AdminAccessSchema = Type.Object(
  {
    signIn: Type.Optional(SignInSchema),
    insecureSinglePerson: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'One person alone adds and withdraws CAs, loosens what devices are held against, and ends as many devices in an hour as they like',
      }),
    ),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Who may use the admin API, and what needs a second person',
  },
)
