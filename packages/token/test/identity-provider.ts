import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { IdentityProvider } from '../src/index.ts'

export const issuer = 'https://login.example.com'
export const audience = 'https://api.example.com'
/** 2026-11-21T12:00:00Z; milliseconds. */
export const now = Date.UTC(2026, 10, 21, 12)
export const nowSeconds = now / 1_000

export type TestKey = { readonly privateKey: CryptoKey; readonly jwk: JWK; readonly alg: string }

export async function testKey(kid: string | undefined, alg = 'ES256'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), ...(kid === undefined ? {} : { kid }) }
  return { privateKey, jwk, alg }
}

/** Claims and headers of undefined are left out. */
export function signToken(
  key: TestKey,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const all = {
    iss: issuer,
    aud: audience,
    sub: 'user-1',
    iat: nowSeconds,
    exp: nowSeconds + 300,
    ...claims,
  }
  return new SignJWT(withoutUndefined(all))
    .setProtectedHeader({
      alg: key.alg,
      ...withoutUndefined({ typ: 'at+jwt', kid: key.jwk.kid, ...header }),
    })
    .sign(key.privateKey)
}

function withoutUndefined(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** What a provider answers when its keys are asked for. */
export type KeyAnswer = (request: IncomingMessage, response: ServerResponse) => void

export const keysAnswer =
  (...keys: readonly TestKey[]): KeyAnswer =>
  (_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json')
    response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))
  }

/** A real identity provider as far as its keys go, on loopback. */
export async function startProvider(answer: KeyAnswer) {
  let requests = 0
  let answerNow = answer
  const server = createServer((request, response) => {
    requests++
    answerNow(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
  const provider: IdentityProvider = { issuer, audience, jwksUrl: url }
  return {
    url,
    provider,
    requests: () => requests,
    answerWith: (next: KeyAnswer) => {
      answerNow = next
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
