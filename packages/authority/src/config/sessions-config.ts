import { configProblem } from '@sallyport/problem'
import { maxLifetimeHoursByDefault } from '@sallyport/token'
import Type from 'typebox'

/** A backend, or the identity provider itself, that may revoke tokens (RFC 7009). */
export type RevocationClient = {
  secretFile: string
  /** Names under identityProviders; without it: all. */
  providers?: string[]
}

export type LogoutConfig = {
  /** What `aud` of its logout tokens must name. */
  clientIds: string[]
  /** What a logout token that names both session and user ends. */
  ends: 'session' | 'subject'
}

/** How long what ends tokens is remembered, and who may end them beside operators. */
export type SessionsConfig = {
  maxTokenHours: number
  maxSessionDays: number
  revocationClients: Record<string, RevocationClient>
  /** By a name under identityProviders. */
  logout: Record<string, LogoutConfig>
}

const closed = { additionalProperties: false }
const clientId = (description: string) => Type.String({ minLength: 1, maxLength: 255, description })
const named = { type: 'string', pattern: '^[A-Za-z0-9._:/-]{1,255}$' }

export const SessionsSchema = Type.Object(
  {
    maxTokenHours: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 9_600,
        default: 24,
        description:
          'The longest life of an access token of any provider: an end of tokens is remembered that long',
      }),
    ),
    maxSessionDays: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 3_980,
        default: 30,
        description:
          'How long an operator ends a session for, while its provider would go on giving out tokens of it',
      }),
    ),
    revocationClients: Type.Optional(
      Type.Object(
        {},
        {
          default: {},
          propertyNames: named,
          maxProperties: 100,
          description: 'Who may revoke tokens at /oauth/v1/revoke (RFC 7009), by client id',
          additionalProperties: Type.Object(
            {
              secretFile: Type.String({
                minLength: 1,
                maxLength: 4_096,
                description: 'The client secret, of 32 characters or more',
              }),
              providers: Type.Optional(
                Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
                  minItems: 1,
                  uniqueItems: true,
                  description: 'Whose tokens: names under identityProviders (default: all)',
                }),
              ),
            },
            closed,
          ),
        },
      ),
    ),
    logout: Type.Optional(
      Type.Object(
        {},
        {
          default: {},
          description:
            'Whose logout tokens are taken at /oidc/v1/backchannel-logout/<provider>: names under identityProviders',
          additionalProperties: Type.Object(
            {
              clientIds: Type.Array(clientId('The app, as the provider knows it'), {
                minItems: 1,
                uniqueItems: true,
                description: 'What aud of a logout token must name: the client id of the app',
              }),
              ends: Type.Optional(
                Type.Enum(['session', 'subject'], {
                  default: 'session',
                  description:
                    'What ends. subject: for providers whose access tokens do not name their session',
                }),
              ),
            },
            closed,
          ),
        },
      ),
    ),
  },
  { ...closed, default: {}, description: 'What ends access tokens before they expire' },
)

/**
 * What the schema cannot say.
 *
 * @throws Problem `config_invalid`
 */
export function checkSessionsConfig(
  { revocationClients, logout, maxTokenHours }: SessionsConfig,
  identityProviders: Readonly<Record<string, { tokenType?: string; maxLifetimeHours?: number }>>,
): void {
  const asked = [
    ...Object.keys(logout).map((provider) => ({ provider, path: ['logout', provider] })),
    ...Object.entries(revocationClients).flatMap(([id, { providers = [] }]) =>
      providers.map((provider, at) => {
        return { provider, path: ['revocationClients', id, 'providers', String(at)] }
      }),
    ),
  ]
  for (const { provider, path } of asked) {
    if (Object.hasOwn(identityProviders, provider)) continue
    throw configProblem(
      'config_invalid',
      ['authority', 'sessions', ...path],
      'it is not under identityProviders',
      {
        expected: Object.keys(identityProviders).join(', ') || 'none is configured',
        found: provider,
      },
    )
  }
  for (const [name, provider] of Object.entries(identityProviders)) {
    const { maxLifetimeHours = maxLifetimeHoursByDefault } = provider
    if (maxLifetimeHours <= maxTokenHours) continue
    throw configProblem(
      'config_invalid',
      ['identityProviders', name, 'maxLifetimeHours'],
      'its tokens could outlive the memory of their end, and count again',
      {
        expected: `at most ${maxTokenHours}, as authority.sessions.maxTokenHours`,
        found: String(maxLifetimeHours),
      },
    )
  }
  for (const provider of Object.keys(logout)) {
    if (identityProviders[provider]?.tokenType !== 'opaque') continue
    throw configProblem(
      'config_invalid',
      ['authority', 'sessions', 'logout', provider],
      'its logout tokens could not be verified',
      { expected: 'a provider whose keys are known', found: 'tokenType: opaque' },
    )
  }
}
