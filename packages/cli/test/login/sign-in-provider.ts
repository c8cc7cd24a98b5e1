import { generateKeyPairSync, randomBytes } from 'node:crypto'
import http from 'node:http'
import { Provider } from 'oidc-provider'
import { quietPorts } from '@sallyport/virtual-device'

export const clientId = 'sallyport-cli'

/** The groups of everybody, which tests change. */
export const groups = new Map<string, string[]>()

/** oidc-provider as a team would set it up for people who operate Sallyport: a public, native client. */
export async function startSignInProvider(): Promise<{ issuer: string; end(): void }> {
  const [port = 0] = await quietPorts(1)
  const issuer = `http://127.0.0.1:${port}`
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'k1' }
  const provider = new Provider(issuer, {
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: clientId,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    claims: { openid: ['sub'], email: ['email'], profile: ['groups'] },
    conformIdTokenClaims: false,
    cookies: { keys: [randomBytes(16).toString('hex')] },
    ttl: { AccessToken: 600, Grant: 3_600, Session: 3_600, IdToken: 600 },
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({
        sub: accountId,
        email: `${accountId}@example.com`,
        groups: groups.get(accountId) ?? [],
      }),
    }),
    pkce: { required: () => true },
    features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
  })
  const server = http.createServer(provider.callback())
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    issuer,
    end() {
      server.close()
      server.closeAllConnections()
    },
  }
}
