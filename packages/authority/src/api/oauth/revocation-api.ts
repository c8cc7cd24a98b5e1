import { isProblem } from '@sallyport/problem'
import Type from 'typebox'
import { AddressLimiter } from '../../admin/address-limiter.ts'
import type { Authority } from '../../authority.ts'
import { authenticateClient } from '../../sessions/revocation-client.ts'
import { revokeToken } from '../../sessions/revoke-token.ts'
import type { Api } from '../api-server.ts'
import { addressOf } from '../caller.ts'
import { problems } from '../problem-schema.ts'
import { acceptForms } from './form-body.ts'

/** RFC 7009 §2.1. */
const RevocationRequest = Type.Object({
  token: Type.String({ minLength: 1 }),
  token_type_hint: Type.Optional(Type.String()),
  client_id: Type.Optional(Type.String()),
  client_secret: Type.Optional(Type.String()),
})

/** Token revocation (RFC 7009), for backends that the configuration lists. */
export function revocationApi(api: Api, authority: Authority): void {
  acceptForms(api)
  const requests = new AddressLimiter({ perSecond: 100, burst: 500 })
  const failures = new AddressLimiter({ perSecond: 1, burst: 20 })

  api.post(
    '/oauth/v1/revoke',
    {
      config: { oauth: 'client' },
      schema: {
        tags: ['tokens'],
        operationId: 'revokeAccessToken',
        summary: 'Ends an access token (RFC 7009). One that is not known is answered alike',
        security: [{ clientSecret: [] }],
        consumes: ['application/x-www-form-urlencoded'],
        body: RevocationRequest,
        response: { 200: Type.Null(), ...problems(400, 401, 429, 503) },
      },
    },
    async (request, reply) => {
      const { body } = request
      const address = addressOf(request)
      try {
        const client = authenticateClient(authority.revocationClients, request.headers, body)
        requests.take(address)
        await revokeToken(authority, body.token, client)
      } catch (error) {
        // Whoever guesses secrets runs out of tries before listed clients run out of requests.
        if (isProblem(error) && error.code === 'oauth_client_refused') failures.take(address)
        throw error
      }
      return reply.serializer(() => '').send(null)
    },
  )
}
