import { Problem } from '@sallyport/problem'
import { devicePaths } from '@sallyport/wire'
import Type from 'typebox'
import type { Authority } from '../../authority.ts'
import { exchangeToken } from '../../exchange/exchange-token.ts'
import type { Api } from '../api-server.ts'
import { peerCertificate } from '../caller.ts'
import { problems } from '../problem-schema.ts'
import { acceptForms } from './form-body.ts'

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
/** RFC 8693 §3: an access token may be named as the JWT that it is. */
const tokenTypes = [accessTokenType, 'urn:ietf:params:oauth:token-type:jwt']

const Text = (maxLength: number) => Type.String({ maxLength })
/** RFC 8693 §2.1. */
const ExchangeRequest = Type.Object({
  grant_type: Text(200),
  subject_token: Text(16_384),
  subject_token_type: Text(200),
  requested_token_type: Type.Optional(Text(200)),
  scope: Type.Optional(Text(4_000)),
  audience: Type.Optional(Text(1_000)),
  resource: Type.Optional(Text(1_000)),
  actor_token: Type.Optional(Text(16_384)),
})

/** RFC 8693 §2.2.1. */
const ExchangeResponse = Type.Object({
  access_token: Type.String(),
  issued_token_type: Type.String(),
  token_type: Type.String(),
  expires_in: Type.Integer(),
  scope: Type.Optional(Type.String()),
})

const JwkSet = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Type.String(),
      crv: Type.String(),
      x: Type.String(),
      y: Type.String(),
      kid: Type.String(),
      use: Type.String(),
      alg: Type.String(),
    }),
  ),
})

/** Where devices exchange the token of their user for one that is bound to them, over mutual TLS. */
export function exchangeApi(api: Api, authority: Authority): void {
  acceptForms(api)

  api.post(
    devicePaths.tokens,
    {
      config: { oauth: 'device' },
      schema: {
        tags: ['tokens'],
        operationId: 'exchangeToken',
        summary: "Exchanges the user's token for one bound to the device that calls (RFC 8693)",
        consumes: ['application/x-www-form-urlencoded'],
        body: ExchangeRequest,
        response: { 200: ExchangeResponse, ...problems(400, 401, 403, 503) },
      },
    },
    async (request) => {
      const { body } = request
      refuseOtherGrant(body)
      const asked = {
        subjectToken: body.subject_token,
        scope: body.scope,
        targets: [body.audience, body.resource].filter((target) => target !== undefined),
      }
      const exchanged = await exchangeToken(authority, asked, peerCertificate(request))
      return {
        access_token: exchanged.accessToken,
        issued_token_type: accessTokenType,
        // RFC 8705 §3: sent as a bearer token is, and worth nothing without the certificate.
        token_type: 'Bearer',
        expires_in: exchanged.expiresInSeconds,
        ...(exchanged.scope === '' ? {} : { scope: exchanged.scope }),
      }
    },
  )

  api.get(
    devicePaths.tokenKeys,
    {
      schema: {
        tags: ['tokens'],
        operationId: 'getTokenKeys',
        summary: 'The public keys of exchanged tokens (RFC 7517)',
        security: [{}],
        response: { 200: JwkSet },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=300')
      return { keys: authority.tokenKeys.published() }
    },
  )
}

type Parameters = Readonly<Partial<Record<keyof typeof ExchangeRequest.properties, string>>>

/** @throws Problem `token_grant_unsupported`, `message_malformed` */
function refuseOtherGrant(parameters: Parameters): void {
  if (parameters.grant_type !== exchangeGrant) {
    throw new Problem('token_grant_unsupported', {
      expected: exchangeGrant,
      found: (parameters.grant_type ?? 'none').slice(0, 100),
    })
  }
  const asked = [parameters.subject_token_type, parameters.requested_token_type ?? accessTokenType]
  const unknown = asked.find((type) => !tokenTypes.includes(type ?? ''))
  if (unknown !== undefined) {
    throw new Problem('message_malformed', {
      expected: tokenTypes.join(' or '),
      found: unknown.slice(0, 100),
    })
  }
  if (parameters.actor_token === undefined) return
  throw new Problem('message_malformed', { expected: 'no actor_token', found: 'one' })
}
