import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'

/** What phones come back to from the browser. */
export const redirectUri = 'com.example.wallet:/signed-in'
export const audience = 'https://api.test'
export const issuer = 'https://id.test'
export const account = 'ada'

/**
 * An app that is known by its certificates, with tokens to read and with opaque ones; an app that nobody
 * knows but by its id; one with DPoP; one whose tokens are bound to nothing; and the gateway itself, which asks about tokens.
 */
export const clients = {
  app: 'wallet-app',
  publicApp: 'wallet-app-public',
  dpopApp: 'wallet-app-dpop',
  opaqueApp: 'wallet-app-opaque',
  plainApp: 'wallet-app-plain',
  gateway: 'gateway',
} as const

export type ProviderBehindGateway = {
  /** Where it listens, behind the gateway. */
  readonly url: string
  readonly gatewaySecret: string
  /** How often tokens were asked about. */
  readonly introspections: () => number
  /** Tells that a session of the plain app is over (Back-Channel Logout 1.0). */
  readonly logOut: (subject: string, session: string) => Promise<void>
  readonly end: () => Promise<void>
}

type TokenContext = {
  oidc: { entities: { AuthorizationCode?: { sid?: string }; RefreshToken?: { sid?: string } } }
}

/**
 * oidc-provider as a team would set it up behind a gateway: mutual-TLS client authentication with one client
 * for an app, whose certificates are matched by their URI name; tokens bound to the certificate; DPoP,
 * introspection, revocation. It listens on the loopback interface, and takes `Client-Cert` from the gateway.
 *
 * @param spiffePrefix what the URI names of the app's devices begin with
 */
export async function startProviderBehindGateway(
  spiffePrefix: string,
  options: { fetch?: (url: string, request: { body: URLSearchParams }) => Promise<Response> } = {},
): Promise<ProviderBehindGateway> {
  const gatewaySecret = randomBytes(24).toString('base64url')
  let introspections = 0
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'k1' }
  const app = {
    redirect_uris: [redirectUri],
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: 'openid offline_access accounts:read',
    id_token_signed_response_alg: 'ES256',
  }
  const provider = new Provider(issuer, {
    jwks: { keys: [jwk] },
    scopes: ['openid', 'offline_access', 'accounts:read'],
    clients: [
      {
        ...app,
        client_id: clients.app,
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_uri: spiffePrefix,
        tls_client_certificate_bound_access_tokens: true,
      },
      {
        ...app,
        client_id: clients.opaqueApp,
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_uri: spiffePrefix,
        tls_client_certificate_bound_access_tokens: true,
      },
      {
        ...app,
        client_id: clients.publicApp,
        token_endpoint_auth_method: 'none',
        tls_client_certificate_bound_access_tokens: true,
      },
      {
        ...app,
        client_id: clients.dpopApp,
        token_endpoint_auth_method: 'none',
        dpop_bound_access_tokens: true,
      },
      {
        ...app,
        client_id: clients.plainApp,
        token_endpoint_auth_method: 'none',
        backchannel_logout_uri: 'https://authority.test/oidc/v1/backchannel-logout/main',
        backchannel_logout_session_required: true,
      },
      {
        client_id: clients.gateway,
        client_secret: gatewaySecret,
        redirect_uris: [],
        response_types: [],
        grant_types: [],
        token_endpoint_auth_method: 'client_secret_basic',
        scope: 'openid',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    clientAuthMethods: ['tls_client_auth', 'client_secret_basic', 'none'],
    clientBasedCORS: () => false,
    cookies: { keys: [randomBytes(16).toString('hex')] },
    ttl: { AccessToken: 600, RefreshToken: 86_400, Grant: 86_400, Session: 86_400 },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId }),
    }),
    pkce: { required: () => true },
    // As Keycloak does by itself: where tokens name the sign-in, it can be ended.
    extraTokenClaims: (context: TokenContext) => {
      const { AuthorizationCode: code, RefreshToken: refresh } = context.oidc.entities
      const sid = code?.sid ?? refresh?.sid
      return sid === undefined ? {} : { sid }
    },
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => false },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        tlsClientAuth: true,
        getCertificate: (context: { get(name: string): string }) =>
          certificateOf(context.get('client-cert')),
        // The gateway passes on what it verified, and nothing else.
        certificateAuthorized: (context: { get(name: string): string }) =>
          context.get('client-cert') !== '',
        certificateSubjectMatches: (
          context: { get(name: string): string },
          property: string,
          expected: string,
        ) =>
          property === 'tls_client_auth_san_uri' &&
          certificateOf(context.get('client-cert'))?.subjectAltName?.startsWith(
            `URI:${expected}/device/`,
          ) === true,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (
          _context: unknown,
          resource: string,
          { clientId }: { clientId: string },
        ) => ({
          scope: 'accounts:read',
          audience: resource,
          accessTokenTTL: 600,
          accessTokenFormat: clientId === clients.opaqueApp ? 'opaque' : 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })
  provider.proxy = true
  const handle = provider.callback()
  const server = http.createServer((request, response) => {
    if (request.url?.startsWith('/token/introspection') === true) introspections++
    handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    gatewaySecret,
    introspections: () => introspections,
    logOut: async (sub, sid) => {
      const client = await provider.Client.find(clients.plainApp)
      await client?.backchannelLogout(sub, sid)
    },
    end: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A `Client-Cert` field (RFC 9440 §2.2). */
function certificateOf(field: string): X509Certificate | undefined {
  const base64 = /^:([A-Za-z0-9+/=]+):$/.exec(field)?.[1]
  return base64 === undefined ? undefined : new X509Certificate(Buffer.from(base64, 'base64'))
}
