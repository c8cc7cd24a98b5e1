import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export const issuer = 'spiffe://example.com/gateway/gateway-1'

/** What a gateway signs, by other hands than the gateway's. */
export type Signer = {
  readonly jwk: JWK
  readonly assertion: (options?: AssertionOptions) => Promise<string>
}

export type AssertionOptions = {
  readonly method?: string
  readonly target?: string
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  /** Seconds from now. */
  readonly issued?: number
}

let ids = 0

export async function createSigner(kid = 'one'): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' },
    assertion: ({ method = 'GET', target = '/', claims = {}, header = {}, issued = 0 } = {}) => {
      const iat = Math.floor(Date.now() / 1_000) + issued
      const all: Record<string, unknown> = {
        iss: issuer,
        aud: 'accounts',
        iat,
        exp: iat + 30,
        jti: `req_${ids++}`,
        htm: method,
        pth: createHash('sha256').update(target).digest('base64url'),
        device: { id: 'dev_1', app: 'wallet', assurance: 'tee' },
        user: { provider: 'main', subject: 'alice', scopes: ['accounts'] },
        ...claims,
      }
      return new SignJWT(all)
        .setProtectedHeader({ alg: 'ES256', typ: 'sallyport-assertion+jwt', kid, ...header })
        .sign(privateKey)
    },
  }
}

/** An HTTP server on a port of its own, for as long as the test. */
export async function serve(t: TestContext, listener: http.RequestListener): Promise<string> {
  const server = http.createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
