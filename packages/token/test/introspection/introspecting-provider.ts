import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { isProblem, type ReasonCode } from '@sallyport/problem'
import { createTokenVerifier, type IdentityProvider, type VerifyOptions } from '../../src/index.ts'
import { audience, issuer, now as start, nowSeconds, testKey } from '../identity-provider.ts'

export type Answer = (token: string, response: ServerResponse) => unknown
/** What it says of a token that is good. */
export const active = {
  active: true,
  iss: issuer,
  aud: audience,
  sub: 'ada',
  iat: nowSeconds,
  exp: nowSeconds + 300,
  token_type: 'Bearer',
}
export const saying =
  (answer: unknown, status = 200): Answer =>
  (_token, response) => {
    response.statusCode = status
    response.end(JSON.stringify(answer))
  }
export const away = saying({}, 503)

/** A provider on this machine that is asked about tokens, and what asks it. */
export async function startIntrospection(
  answer: Answer,
  settings: Partial<IdentityProvider> = {},
  introspection: Partial<NonNullable<IdentityProvider['introspection']>> = {},
) {
  const asked: string[] = []
  let answerNow = answer
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const token = new URLSearchParams(body).get('token') ?? ''
      asked.push(token)
      answerNow(token, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`
  const clock = { now: start }
  const failures: string[] = []
  const provider: IdentityProvider = {
    issuer,
    audience,
    tokenType: 'opaque',
    ...settings,
    introspection: { clientId: 'gateway', clientSecretFile: 'secret', url, ...introspection },
  }
  const verifier = createTokenVerifier({
    providers: { corp: provider },
    readFile: (path) => Promise.resolve(Buffer.from(path === 'secret' ? 's3cret' : keyFile)),
    now: () => clock.now,
    onUnavailable: (_name, { found }) => failures.push(found ?? ''),
  })
  return {
    verifier,
    asked,
    clock,
    failures,
    provider,
    code: async (token: string, options?: VerifyOptions): Promise<ReasonCode | 'accepted'> => {
      try {
        await verifier.verify(token, options)
        return 'accepted'
      } catch (error) {
        if (isProblem(error)) return error.code
        throw error
      }
    },
    answerWith: (next: Answer) => {
      answerNow = next
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The key in the file that the provider names. */
export const key = await testKey('k1')
const keyFile = JSON.stringify({ keys: [key.jwk] })
