import Type from 'typebox'
import { signatureAlgorithmNames } from './signature-algorithms.ts'

const closed = { additionalProperties: false }

/** One identity provider: whose access tokens of users are believed, and for whom they must be. */
export const IdentityProviderSchema = Type.Object(
  {
    issuer: Type.String({
      minLength: 1,
      maxLength: 1_000,
      description: 'The claim iss of its tokens, exactly as they write it',
    }),
    audience: Type.String({
      minLength: 1,
      maxLength: 1_000,
      description: 'Must be among the claim aud: the name of this API at the provider',
    }),
    jwksUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s@#]+$',
        maxLength: 1_000,
        description: 'Where its public keys are: https, or http on this machine',
      }),
    ),
    jwksFile: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4_096,
        description: 'Its public keys as a file (JWK Set), for hosts that reach no provider',
      }),
    ),
    algorithms: Type.Optional(
      Type.Array(Type.Enum([...signatureAlgorithmNames]), {
        minItems: 1,
        uniqueItems: true,
        default: ['ES256', 'RS256'],
        description: 'What its tokens may be signed with',
      }),
    ),
    tokenType: Type.Optional(
      Type.Enum(['at+jwt', 'JWT'], {
        default: 'at+jwt',
        description:
          'The header typ: at+jwt (RFC 9068) alone; or JWT, or none, for providers that do not mark access tokens',
      }),
    ),
    subjectClaim: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_:./-]{1,100}$',
        default: 'sub',
        description: 'The claim that names the user: never one that is given to someone else later',
      }),
    ),
    sessionClaim: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_:./-]{1,100}$',
        default: 'sid',
        description: 'The claim that names the sign-in which a token came from',
      }),
    ),
  },
  { ...closed, description: 'An identity provider: exactly one of jwksUrl and jwksFile is there' },
)
export type IdentityProvider = Type.Static<typeof IdentityProviderSchema>

/** `identityProviders` of sallyport.yaml: by the name that apps and routes know them by. */
export const IdentityProvidersSchema = Type.Record(
  Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' }),
  IdentityProviderSchema,
  { ...closed, description: 'Who signs in users: access tokens of these issuers are believed' },
)
