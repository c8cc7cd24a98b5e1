import Type from 'typebox'
import { IntrospectionSchema } from './introspection/introspection-config.ts'
import { grantedClaims } from './granted-claims.ts'
import { maxLifetimeHoursByDefault } from './max-lifetime.ts'
import { signatureAlgorithmNames } from './signature-algorithms.ts'

const closed = { additionalProperties: false }

/** One identity provider: whose access tokens of users are believed, and for whom they must be. */
export const IdentityProviderSchema = Type.Object(
  {
    issuer: Type.String({
      minLength: 1,
      maxLength: 1_000,
      description:
        'The claim iss of its tokens, exactly as they write it. What is not configured below is discovered from it (RFC 8414, OpenID Connect Discovery)',
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
        description:
          'Where its public keys are: https, or http on this machine. Without it and jwksFile, as its metadata says',
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
      Type.Enum(['at+jwt', 'JWT', 'opaque'], {
        default: 'at+jwt',
        description:
          'The header typ: at+jwt (RFC 9068) alone; or JWT, or none, for providers that do not mark access tokens. With opaque no token is verified here: the provider is asked about each one',
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
    clientClaim: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_:./-]{1,100}$',
        description:
          'The claim that names the app which a token was given to. Without it client_id (RFC 9068), or else azp',
      }),
    ),
    clockLeewaySeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        default: 10,
        description:
          'How far iat and nbf of a token may lie in the future, for clocks that are apart (FAPI 2.0: 10, and never over 60)',
      }),
    ),
    expiryLeewaySeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        default: 0,
        description:
          'How long after exp a token is still taken. A clock that is behind already prolongs tokens: more than 0 only where clocks cannot be set',
      }),
    ),
    maxLifetimeHours: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 9_600,
        default: maxLifetimeHoursByDefault,
        description:
          'How long after iat a token is taken at most, whatever its exp says: no longer than authority.sessions.maxTokenHours remembers that it has ended',
      }),
    ),
    maxKeyAgeSeconds: Type.Optional(
      Type.Integer({
        minimum: 300,
        maximum: 604_800,
        default: 86_400,
        description:
          'How long its last keys are used while they cannot be read again. After it tokens are refused (503) until they can',
      }),
    ),
    privateAddresses: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'The provider may have addresses of a private network or of this machine. Without it only public ones are asked, whatever its names resolve to; localhost, where this very configuration says so',
      }),
    ),
    caFile: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4_096,
        description:
          'Certificates of the CAs that its servers have theirs from (PEM), in place of those of the system',
      }),
    ),
    introspection: Type.Optional(IntrospectionSchema),
    ...grantedClaims,
  },
  {
    ...closed,
    description:
      'An identity provider: its keys come from jwksUrl or jwksFile, or are discovered from issuer',
  },
)
export type IdentityProvider = Type.Static<typeof IdentityProviderSchema>

/** `identityProviders` of sallyport.yaml: by the name that apps and routes know them by. */
export const IdentityProvidersSchema = Type.Record(
  Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' }),
  IdentityProviderSchema,
  { ...closed, description: 'Who signs in users: access tokens of these issuers are believed' },
)
