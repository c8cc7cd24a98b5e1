import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import * as dpop from 'dpop'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export const audience = 'https://api.example.com'

/** An identity provider as far as a resource server meets it: its keys over HTTP, and tokens signed with them. */
export type TestProvider = {
  readonly issuer: string
  /** Its entry under identityProviders. */
  readonly settings: Record<string, unknown>
  readonly token: (
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
  ) => Promise<string>
  /** Another key signs from now on; the one before is withdrawn. */
  readonly rotate: () => Promise<void>
  readonly keyRequests: () => number
  stop: () => Promise<void>
}

export async function startTestProvider(
  context: TestContext,
  issuer = 'https://id.example.com',
): Promise<TestProvider> {
  let requests = 0
  let key = await newKey()
  const server = createServer((_request, response) => {
    requests++
    response.setHeader('content-type', 'application/jwk-set+json')
    response.end(JSON.stringify({ keys: [key.jwk] }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  context.after(stop)
  return {
    issuer,
    settings: { issuer, audience, jwksUrl: `http://127.0.0.1:${port}/jwks` },
    keyRequests: () => requests,
    stop,
    rotate: async () => {
      key = await newKey()
    },
    token: (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1_000)
      const standard = { iss: issuer, aud: audience, sub: 'alice', iat: now, exp: now + 300 }
      return new SignJWT(withoutUndefined({ jti: randomUUID(), ...standard, ...claims }))
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: String(key.jwk.kid), ...header })
        .sign(key.privateKey)
    },
  }
}

async function newKey(): Promise<{ privateKey: CryptoKey; jwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: randomUUID(), alg: 'ES256' } }
}

function withoutUndefined(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** A DPoP key of a client, and proofs made with it: valid ones, or with members of one's own. */
export type ProofKey = {
  readonly jkt: string
  readonly jwk: JWK
  /** By the npm package `dpop`. */
  readonly proof: (token: string, options?: ProofOptions) => Promise<string>
  /** Members of undefined are left out. */
  readonly craft: (
    token: string,
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
  ) => Promise<string>
}
export type ProofOptions = {
  readonly url?: string
  readonly method?: string
  readonly nonce?: string | undefined
}

export const proofTarget = 'https://api.example.com/'

export async function newProofKey(alg: 'ES256' | 'PS256' | 'Ed25519' = 'ES256'): Promise<ProofKey> {
  const keyPair = await dpop.generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(keyPair.publicKey)
  const craft: ProofKey['craft'] = (token, claims = {}, header = {}) =>
    new SignJWT(
      withoutUndefined({
        jti: randomUUID(),
        htm: 'GET',
        htu: proofTarget,
        iat: Math.floor(Date.now() / 1_000),
        ath: createHash('sha256').update(token).digest('base64url'),
        ...claims,
      }),
    )
      .setProtectedHeader({ alg, ...withoutUndefined({ typ: 'dpop+jwt', jwk, ...header }) })
      .sign(keyPair.privateKey)
  return {
    jkt: await calculateJwkThumbprint(jwk),
    jwk,
    craft,
    proof: (token, { url = proofTarget, method = 'GET', nonce } = {}) =>
      dpop.generateProof(keyPair, url, method, nonce, token),
  }
}
