import Type from 'typebox'
import { clientAssertionAlgorithms, clientAuthenticationNames } from './introspection-rules.ts'

const file = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description }))

/** `introspection` of an identity provider. */
export const IntrospectionSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s@#]+$',
        maxLength: 1_000,
        description:
          'Where tokens are asked about: https, or http on this machine. Without it, as the provider says in its metadata',
      }),
    ),
    clientId: Type.String({
      minLength: 1,
      maxLength: 1_000,
      description: 'The client at the provider that asks',
    }),
    authentication: Type.Optional(
      Type.Enum([...clientAuthenticationNames], {
        default: 'client_secret_basic',
        description:
          'How that client proves who it is: a secret in the header Authorization or in the body, an assertion signed with its key (RFC 7523), or a client certificate (RFC 8705: tls_client_auth stands for self_signed_tls_client_auth as well)',
      }),
    ),
    clientSecretFile: file('Its secret, for client_secret_basic and client_secret_post'),
    privateKeyFile: file('Its private key (PEM, PKCS #8), for private_key_jwt and tls_client_auth'),
    keyId: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'The kid of that key at the provider, for private_key_jwt',
      }),
    ),
    algorithm: Type.Optional(
      Type.Enum([...clientAssertionAlgorithms], {
        description:
          'What assertions are signed with, for private_key_jwt. Without it, by the key: ES256, ES384 or ES512 by its curve, EdDSA, or PS256',
      }),
    ),
    certificateFile: file('Its certificate chain (PEM), for tls_client_auth'),
    always: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Tokens that are JWTs are asked about too, after they were verified here: what the provider revokes ends within cacheSeconds',
      }),
    ),
    requireAudience: Type.Optional(
      Type.Boolean({
        default: true,
        description:
          'An answer must name the audience. With false one without aud is taken, for providers that leave it out; then it must say token_type, by which access tokens differ from refresh tokens',
      }),
    ),
    cacheSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_600,
        default: 30,
        description:
          'How long an answer that a token is active is remembered, and at most until it expires: so long a revocation at the provider goes unnoticed',
      }),
    ),
    negativeCacheSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 300,
        default: 10,
        description: 'How long an answer that a token is not active is remembered',
      }),
    ),
    cacheEntries: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 1_000_000,
        default: 10_000,
        description:
          'How many answers are remembered, of active tokens and of others each, by each thread',
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 8_000,
        default: 3_000,
        description: 'How long an answer is waited for',
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'Asking the provider about tokens (RFC 7662): opaque ones, and others where always',
  },
)
export type IntrospectionConfig = Type.Static<typeof IntrospectionSchema>
