import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { exportJWK, exportPKCS8, generateKeyPair, type JWK } from 'jose'
import { Provider } from 'oidc-provider'
import type { IdentityProvider } from '../src/index.ts'
import { testCa } from './certificates.ts'
import { audience } from './identity-provider.ts'

export type TokenMembers = {
  format?: 'jwt' | 'opaque'
  accountId?: string
  audience?: string
  jkt?: string
}
export type LiveProvider = Awaited<ReturnType<typeof startLiveProvider>>

/** A signing key as oidc-provider takes it. */
export async function signingKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'ES256' }
}

/**
 * oidc-provider over TLS on this machine, with a client `gateway-…` for each way to authenticate. Tokens
 * are made as its token endpoint makes them, without a person who signs in first.
 */
export async function startLiveProvider() {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-live-provider-'))
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const ca = await testCa()
  const assertion = await generateKeyPair('ES256', { extractable: true })
  const client = await ca.issue(['dns', 'gateway.example.com'])
  const files = {
    ca: write('ca.pem', ca.cert),
    secret: write('secret', 'a secret: 100% & +\n'),
    assertionKey: write('assertion.pem', await exportPKCS8(assertion.privateKey)),
    clientKey: write('client.key', client.key),
    clientCertificate: write('client.crt', client.cert),
  }

  const asked: string[] = []
  let answer: RequestListener = () => {}
  const server = createServer(
    {
      ...(await ca.issue(['dns', 'localhost'], ['ip', '127.0.0.1'])),
      ca: ca.cert,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      asked.push(request.url ?? '')
      answer(request, response)
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`

  const assertionKey = await exportJWK(assertion.publicKey)
  /** Another one knows nothing of the opaque tokens of the one before. */
  const providerWith = (...keys: readonly JWK[]) =>
    new Provider(issuer, configuration(keys, assertionKey))
  let provider = providerWith(await signingKey('k1'))
  answer = provider.callback()

  return {
    issuer,
    asked,
    files,
    /** With these keys from now on. */
    rotateTo(...keys: readonly JWK[]) {
      provider = providerWith(...keys)
      answer = provider.callback()
    },
    answerWith(next: RequestListener) {
      answer = next
    },
    recover() {
      answer = provider.callback()
    },
    async token({ format = 'opaque', accountId = 'ada', ...members }: TokenMembers = {}) {
      const app = await provider.Client.find('app')
      const grantId = await new provider.Grant({ accountId, clientId: 'app' }).save()
      const resourceServer = new provider.ResourceServer(members.audience ?? audience, {
        scope: 'accounts payments',
        accessTokenFormat: format,
        jwt: { sign: { alg: 'ES256' } },
      })
      const token = new provider.AccessToken({
        accountId,
        grantId,
        client: app,
        resourceServer,
        scope: 'accounts',
        sid: 's-1',
        expiresIn: 300,
        gty: 'authorization_code',
        ...(members.jkt === undefined ? {} : { jkt: members.jkt }),
      })
      const value = await token.save()
      return { value, revoke: () => token.destroy() }
    },
    async refreshToken(accountId = 'ada') {
      const app = await provider.Client.find('app')
      const grantId = await new provider.Grant({ accountId, clientId: 'app' }).save()
      const gty = 'authorization_code'
      return new provider.RefreshToken({ accountId, grantId, client: app, gty }).save()
    },
    /** As the configuration has it. */
    provider: (introspection?: Partial<IdentityProvider['introspection']>): IdentityProvider => ({
      issuer,
      audience,
      caFile: files.ca,
      ...(introspection === undefined
        ? {}
        : {
            introspection: {
              clientId: 'gateway-basic',
              clientSecretFile: files.secret,
              ...introspection,
            },
          }),
    }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      rmSync(directory, { recursive: true })
    },
  }
}

function configuration(keys: readonly JWK[], assertionKey: JWK) {
  const introspecting = { redirect_uris: [], response_types: [], grant_types: [] }
  const secret = { client_secret: 'a secret: 100% & +' }
  return {
    jwks: { keys },
    scopes: ['accounts', 'payments', 'offline_access'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients: [
      {
        client_id: 'app',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['com.example.wallet:/callback'],
        application_type: 'native',
      },
      {
        ...introspecting,
        ...secret,
        client_id: 'gateway-basic',
        token_endpoint_auth_method: 'client_secret_basic',
      },
      {
        ...introspecting,
        ...secret,
        client_id: 'gateway-post',
        token_endpoint_auth_method: 'client_secret_post',
      },
      {
        ...introspecting,
        client_id: 'gateway-key',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [{ ...assertionKey, kid: 'gateway', use: 'sig' }] },
      },
      {
        ...introspecting,
        client_id: 'gateway-tls',
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_dns: 'gateway.example.com',
      },
    ],
    clientAuthMethods: [
      'none',
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
    ],
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: { enabled: true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        getCertificate: (context: Asked) => context.socket.getPeerX509Certificate()?.toString(),
        certificateAuthorized: (context: Asked) => context.socket.authorized,
        certificateSubjectMatches: (context: Asked, _property: string, expected: string) =>
          context.socket.getPeerX509Certificate()?.subjectAltName === `DNS:${expected}`,
      },
    },
  }
}

type Asked = { req: IncomingMessage; socket: TLSSocket }
