import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { toPem } from '@sallyport/pki'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import * as openid from 'openid-client'
import { Agent, fetch as fetchWith } from 'undici'
import { audience } from './identity-provider.ts'
import { trustDomain, type TestDevice, type World } from './world.ts'

const redirectUri = 'com.example.wallet:/callback'

export type LiveProvider = {
  readonly issuer: string
  /** Its entry under identityProviders. */
  readonly settings: Record<string, unknown>
  /** The app on a device, as it talks to the provider: over mutual TLS. */
  readonly app: (device: TestDevice, clientId?: 'wallet' | 'public') => Promise<App>
}

export type App = {
  /** Authorization code with PKCE, from the sign-in of a user to tokens. */
  readonly signIn: () => Promise<openid.TokenEndpointResponse>
  readonly refresh: (refreshToken: string) => Promise<openid.TokenEndpointResponse>
}

/**
 * oidc-provider, with mutual TLS to devices: one client for all installations of the app, matched by the
 * URI of its certificates (RFC 8705 §2.1.2), and a public one. Access tokens of both are bound to the
 * certificate that they were asked for with.
 */
export async function startLiveProvider(context: TestContext, world: World): Promise<LiveProvider> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-live-provider-'))
  const caFile = path.join(directory, 'ca.pem')
  await writeFile(caFile, world.serviceCa)
  const deviceCa = world.deviceCa.certificate
  let answer: RequestListener = () => {}
  const server = createServer(
    {
      ...(await world.server('localhost')),
      ca: toPem('CERTIFICATE', deviceCa.der),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => answer(request, response),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    await rm(directory, { recursive: true })
  })
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, await configuration(new X509Certificate(deviceCa.der)))
  const callback = provider.callback()
  answer = (request, response) => {
    if (request.url?.startsWith('/interaction/') !== true) return callback(request, response)
    // Whoever comes here has signed in, and consents.
    void provider.interactionFinished(request, response, {
      login: { accountId: 'ada' },
      consent: {},
    })
  }
  return {
    issuer,
    settings: { issuer, audience, caFile },
    app: async (device, clientId = 'wallet') => appOn(context, world, device, issuer, clientId),
  }
}

async function appOn(
  context: TestContext,
  world: World,
  { cert, key }: TestDevice,
  issuer: string,
  clientId: string,
): Promise<App> {
  const dispatcher = new Agent({ connect: { cert, key, ca: world.serviceCa } })
  context.after(() => dispatcher.close())
  const fetching: openid.CustomFetch = (url, options) =>
    fetchWith(url, { ...options, dispatcher } as never)
  const config = await openid.discovery(
    new URL(issuer),
    clientId,
    undefined,
    clientId === 'public' ? openid.None() : openid.TlsClientAuth(),
    { [openid.customFetch]: fetching },
  )
  return {
    signIn: async () => {
      const pkceCodeVerifier = openid.randomPKCECodeVerifier()
      const begin = openid.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid offline_access accounts',
        prompt: 'consent',
        resource: audience,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      })
      const callback = await follow(begin, fetching)
      return openid.authorizationCodeGrant(
        config,
        callback,
        { pkceCodeVerifier },
        { resource: audience },
      )
    },
    refresh: (refreshToken) =>
      openid.refreshTokenGrant(config, refreshToken, { resource: audience }),
  }
}

/** What a browser does: redirects and cookies, until the app takes over. */
async function follow(begin: URL, fetching: openid.CustomFetch): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = begin
  for (let hops = 0; hops < 10 && url.protocol === 'https:'; hops++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetching(url.href, {
      method: 'GET',
      headers: { cookie },
      redirect: 'manual',
      body: null,
    })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`${response.status} ${await response.text()}`)
    await response.body?.cancel()
    url = new URL(location, url)
  }
  return url
}

type Asked = { readonly req: IncomingMessage; readonly socket: TLSSocket }
type Granting = {
  readonly oidc: {
    readonly client: { readonly clientId: string }
    readonly session: { readonly accountId: string }
    readonly provider: Provider
  }
}

async function configuration(deviceCa: X509Certificate): Promise<object> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: 'k1', use: 'sig', alg: 'ES256' }
  const certificateOf = ({ socket }: Asked) => socket.getPeerX509Certificate()
  const app = {
    redirect_uris: [redirectUri],
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    tls_client_certificate_bound_access_tokens: true,
  }
  return {
    jwks: { keys: [jwk] },
    scopes: ['openid', 'offline_access', 'accounts'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: ['a key of these tests'] },
    clients: [
      {
        ...app,
        client_id: 'wallet',
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_uri: `spiffe://${trustDomain}/app/wallet`,
      },
      { ...app, client_id: 'public', token_endpoint_auth_method: 'none' },
    ],
    clientAuthMethods: ['none', 'tls_client_auth'],
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId }),
    }),
    // Of these apps nobody is asked for consent.
    loadExistingGrant: async ({ oidc }: Granting) => {
      const { clientId } = oidc.client
      const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid offline_access accounts')
      grant.addResourceScope(audience, 'accounts')
      await grant.save()
      return grant
    },
    issueRefreshToken: () => true,
    rotateRefreshToken: false,
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience,
          scope: 'accounts',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        certificateBoundAccessTokens: true,
        getCertificate: (asked: Asked) => certificateOf(asked)?.toString(),
        certificateAuthorized: (asked: Asked) =>
          certificateOf(asked)?.verify(deviceCa.publicKey) === true,
        // One client for all installations: their URIs begin with that of the app.
        certificateSubjectMatches: (asked: Asked, _property: string, expected: string) =>
          certificateOf(asked)?.subjectAltName?.startsWith(`URI:${expected}/device/`) === true,
      },
    },
  }
}
