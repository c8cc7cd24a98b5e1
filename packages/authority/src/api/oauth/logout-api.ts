import { isProblem } from '@sallyport/problem'
import Type from 'typebox'
import { AddressLimiter } from '../../admin/address-limiter.ts'
import type { Authority } from '../../authority.ts'
import { obeyLogout } from '../../sessions/obey-logout.ts'
import type { Api } from '../api-server.ts'
import { addressOf } from '../caller.ts'
import { problems } from '../problem-schema.ts'
import { acceptForms } from './form-body.ts'

/** OpenID Connect Back-Channel Logout 1.0 §2.5. */
const LogoutRequest = Type.Object({ logout_token: Type.String({ minLength: 1 }) })
const ProviderParams = Type.Object({ provider: Type.String({ maxLength: 63 }) })

/** Takes logout tokens of identity providers. */
export function logoutApi(api: Api, authority: Authority): void {
  acceptForms(api)
  const requests = new AddressLimiter({ perSecond: 100, burst: 1_000 })
  const failures = new AddressLimiter({ perSecond: 1, burst: 20 })

  api.post(
    '/oidc/v1/backchannel-logout/:provider',
    {
      config: { oauth: 'client' },
      schema: {
        tags: ['tokens'],
        operationId: 'backChannelLogout',
        summary: 'Ends a session, or all of a user, on the word of the identity provider',
        // The logout token is signed: nothing else is asked for.
        security: [{}],
        consumes: ['application/x-www-form-urlencoded'],
        params: ProviderParams,
        body: LogoutRequest,
        response: { 200: Type.Null(), ...problems(400, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const address = addressOf(request)
      const { params, body } = request
      try {
        // Behind a balancer strangers have the address of the provider: what they send takes nothing of its own.
        await obeyLogout(authority, params.provider, body.logout_token, () =>
          requests.take(address),
        )
      } catch (error) {
        // Only what a stranger can send without end.
        if (isProblem(error) && error.code === 'logout_token_invalid') failures.take(address)
        throw error
      }
      return reply.serializer(() => '').send(null)
    },
  )
}
