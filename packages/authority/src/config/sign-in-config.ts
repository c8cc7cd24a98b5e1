import { configProblem } from '@sallyport/problem'
import Type from 'typebox'
import { roles, type Role } from '../admin/roles.ts'

/** People sign in at a provider of OpenID Connect, and get a session of the admin API. */
export type SignInConfig = {
  issuer: string
  clientId: string
  scopes: string[]
  groupsClaim: string
  requiredGroups: string[]
  /** In order: the first that somebody is in decides. */
  grants: { group: string; role: Role; apps?: string[] }[]
  sessionHours: number
  maxAuthMinutes?: number
  acr?: string[]
  insecureUnboundDevice: boolean
  privateAddresses: boolean
  caFile?: string
}

const closed = { additionalProperties: false }
const Text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, description })

export const SignInSchema = Type.Object(
  {
    issuer: Text(1_000, 'The issuer of the provider, exactly as its ID tokens write it'),
    clientId: Text(
      255,
      'This deployment at the provider: a native (public) client, with PKCE and redirects to http://127.0.0.1',
    ),
    scopes: Type.Optional(
      Type.Array(Text(100, 'A scope'), {
        maxItems: 20,
        uniqueItems: true,
        default: ['openid', 'email', 'profile'],
        description: 'What is asked for; add what the provider wants for groups',
      }),
    ),
    groupsClaim: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_:./-]{1,100}$',
        default: 'groups',
        description: 'The claim of the ID token that lists groups, or roles',
      }),
    ),
    requiredGroups: Type.Optional(
      Type.Array(Text(200, 'A group'), {
        maxItems: 20,
        default: [],
        description: 'Whoever is not in all of them gets no session',
      }),
    ),
    grants: Type.Array(
      Type.Object(
        {
          group: Text(200, 'Whose members'),
          role: Type.Enum([...roles], { description: 'what they are here' }),
          apps: Type.Optional(
            Type.Array(Text(63, 'An app'), {
              minItems: 1,
              maxItems: 100,
              description: 'of these apps alone',
            }),
          ),
        },
        closed,
      ),
      {
        minItems: 1,
        maxItems: 100,
        description: 'Who gets what, in order: the first group that somebody is in decides',
      },
    ),
    sessionHours: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 24,
        default: 8,
        description: 'How long a session counts: as long, who left a group goes on',
      }),
    ),
    maxAuthMinutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_080,
        description: 'How long ago the provider may have asked for a password or key (auth_time)',
      }),
    ),
    acr: Type.Optional(
      Type.Array(Text(200, 'A class'), {
        minItems: 1,
        maxItems: 10,
        description: 'One of these authentication context classes must be in the ID token',
      }),
    ),
    insecureUnboundDevice: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'For providers that put neither nonce nor at_hash into the ID tokens of `login --device`: these are taken unbound for a minute, once. Whoever reads one before it is shown signs in',
      }),
    ),
    privateAddresses: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'The provider may have addresses of a private network or of this machine',
      }),
    ),
    caFile: Type.Optional(
      Text(4_096, 'CAs of the servers of the provider (PEM), in place of those of the system'),
    ),
  },
  { ...closed, description: 'How people sign in: OpenID Connect' },
)

/** @throws Problem `config_invalid` where a group is given an app that there is not */
export function checkSignIn(
  signIn: SignInConfig | undefined,
  apps: Readonly<Record<string, unknown>>,
): void {
  for (const [index, grant] of (signIn?.grants ?? []).entries()) {
    const unknown = grant.apps?.find((app) => !Object.hasOwn(apps, app))
    if (unknown === undefined) continue
    const path = ['authority', 'admin', 'signIn', 'grants', String(index), 'apps']
    const facts = { expected: Object.keys(apps).join(', '), found: unknown }
    throw configProblem('config_invalid', path, 'there is no such app', facts)
  }
}
