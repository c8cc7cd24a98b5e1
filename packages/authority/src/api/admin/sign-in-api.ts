import { isProblem, Problem } from '@sallyport/problem'
import type { IdentityProvider } from '@sallyport/token'
import Type from 'typebox'
import { AddressLimiter } from '../../admin/address-limiter.ts'
import { signIn, signInProvider } from '../../admin/sign-in/sign-in.ts'
import type { Authority } from '../../authority.ts'
import type { SignInConfig } from '../../config/sign-in-config.ts'
import { tokenVerifiers } from '../../users/token-verifier.ts'
import type { Api } from '../api-server.ts'
import { addressOf } from '../caller.ts'
import { problems } from '../problem-schema.ts'
import { CreatedAdminToken } from './admin-token-messages.ts'
import { presentAdminToken } from './present.ts'

const tags = ['sessions']
const closed = { additionalProperties: false }
/** Whoever signs in has no token yet. */
const security = [{}]

const NewSession = Type.Object(
  {
    idToken: Type.String({ minLength: 1, maxLength: 16_384 }),
    nonceVerifier: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{43}$',
        description: 'The nonce of the ID token is the SHA-256 of this text, both in base64url',
      }),
    ),
    accessToken: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 16_384,
        description:
          'In place of it, for an ID token without a nonce (RFC 8628): the access token that came with it, which at_hash is of. It is neither kept nor logged',
      }),
    ),
  },
  closed,
)

/** How people sign in: beside the guarded routes, since nobody has a token before. */
export function signInApi(api: Api, authority: Authority, directory: string): void {
  const { log, now } = authority
  const requests = new AddressLimiter({ perSecond: 20, burst: 200 })
  const failures = new AddressLimiter({ perSecond: 1, burst: 60 })
  const verifierOf = tokenVerifiers({ directory, log, now })

  api.get(
    '/sign-in',
    {
      schema: {
        tags,
        security,
        operationId: 'getSignIn',
        summary: 'Where people sign in, and as which client',
        response: {
          200: Type.Object({
            issuer: Type.String(),
            clientId: Type.String(),
            scopes: Type.Array(Type.String()),
          }),
          ...problems(404, 429),
        },
      },
    },
    async (request) => {
      requests.take(addressOf(request))
      const { issuer, clientId, scopes } = signInOf(authority)
      return { issuer, clientId, scopes }
    },
  )

  api.post(
    '/sessions',
    {
      schema: {
        tags,
        security,
        operationId: 'createSession',
        summary: 'Begins a session of some hours on the word of an ID token',
        body: NewSession,
        response: { 201: CreatedAdminToken, ...problems(400, 401, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const address = addressOf(request)
      requests.take(address)
      const config = signInOf(authority)
      refuseBoth(request.body)
      const verifier = verifierOf({ [signInProvider]: providerOf(config) })
      try {
        const { row, token } = await signIn(authority, { config, verifier }, request.body)
        return await reply.code(201).send({ adminToken: presentAdminToken(row), token })
      } catch (error) {
        if (isProblem(error) && error.code === 'sign_in_refused') failures.take(address)
        throw error
      }
    },
  )
}

/** @throws Problem `not_found` */
function signInOf({ config }: Authority): SignInConfig {
  const found = config.authority.admin.signIn
  if (found !== undefined) return found
  throw new Problem('not_found', { detail: 'authority.admin.signIn is not configured' })
}

/** An ID token is a JWT for its client (OpenID Connect Core §2). */
function providerOf({
  issuer,
  clientId,
  privateAddresses,
  caFile,
}: SignInConfig): IdentityProvider {
  return {
    issuer,
    audience: clientId,
    tokenType: 'JWT',
    // All with SHA-256, which at_hash is then of.
    algorithms: ['ES256', 'RS256', 'PS256'],
    maxLifetimeHours: 24,
    privateAddresses,
    ...(caFile === undefined ? {} : { caFile }),
  }
}

/** @throws Problem `message_malformed` */
function refuseBoth({ nonceVerifier, accessToken }: Type.Static<typeof NewSession>): void {
  if ((nonceVerifier === undefined) !== (accessToken === undefined)) return
  throw new Problem('message_malformed', {
    expected: 'exactly one of nonceVerifier and accessToken',
    found: nonceVerifier === undefined ? 'none' : 'both',
  })
}
