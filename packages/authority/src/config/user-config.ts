import { configProblem, type ConfigProblemFacts } from '@sallyport/problem'
import Type from 'typebox'
import type { AppConfig } from './app-config.ts'

/** Whether whoever enrols says which user they are, by an access token (RFC 6750). */
export type UserConfig = {
  mode: 'none' | 'optional' | 'required'
  /** A name under `identityProviders`. There where mode is not `none`. */
  provider?: string
  maxDevices: number
}

export const UserSchema = Type.Object(
  {
    mode: Type.Optional(
      Type.Enum(['none', 'optional', 'required'], {
        default: 'none',
        description: 'Whether the app sends the access token of its user when it enrols',
      }),
    ),
    provider: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description: 'Whose tokens are taken: a name under identityProviders',
      }),
    ),
    maxDevices: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000,
        default: 5,
        description:
          'Most devices of one user. Active and suspended ones count, until they can no longer be renewed; one more is refused',
      }),
    ),
  },
  { additionalProperties: false, default: {}, description: 'The user whose device it will be' },
)

/**
 * What the schema cannot say of users.
 *
 * @throws Problem `config_invalid`
 */
export function checkUserConfig(
  appId: string,
  { enrollment }: AppConfig,
  identityProviders: Readonly<Record<string, unknown>>,
): void {
  const { user, approval } = enrollment
  const known = Object.keys(identityProviders).join(', ') || 'none is configured'
  const fault = (member: readonly string[], detail: string, facts: ConfigProblemFacts) =>
    configProblem('config_invalid', ['apps', appId, 'enrollment', ...member], detail, facts)
  if (user.provider !== undefined && !Object.hasOwn(identityProviders, user.provider)) {
    throw fault(['user', 'provider'], 'it is not under identityProviders', {
      expected: known,
      found: user.provider,
    })
  }
  if (user.mode !== 'none' && user.provider === undefined) {
    throw fault(['user'], 'a user of nobody', {
      expected: `provider: a name under identityProviders (${known})`,
      found: `mode: ${user.mode} without one`,
    })
  }
  // Whoever left the token out would need nobody's approval.
  if (approval === 'device' && user.mode !== 'required') {
    throw fault(
      ['approval'],
      'another device of the same user approves, so the user must be known',
      {
        expected: 'user: { mode: required }',
        found: `mode: ${user.mode}`,
      },
    )
  }
}
