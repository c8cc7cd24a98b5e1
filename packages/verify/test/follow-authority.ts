import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import {
  createVerifier,
  type KeysState,
  type Verifier,
  type VerifierOptions,
} from '../src/index.ts'
import type { AuthoritySigner } from './support-authority.ts'
import { serve, type Signer } from './support.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void
export type FollowOptions = Partial<NonNullable<VerifierOptions['authority']>> & {
  now?: () => number
}

/** A service that follows an authority, which answers as the test says. */
export async function follow(
  t: TestContext,
  authority: AuthoritySigner,
  options: FollowOptions = {},
) {
  const { now = Date.now, ...given } = options
  let answer: Answer = (_request, response) => response.destroy()
  const failures: string[] = []
  const states: KeysState[] = []
  let fetches = 0
  const waiting: { fits: () => boolean; done: () => void }[] = []
  const looked = () => {
    for (const { fits, done } of waiting) if (fits()) done()
  }
  const keysUrl = await serve(t, (request, response) => {
    fetches++
    response.on('close', looked)
    answer(request, response)
  })
  let verifier: Verifier | undefined
  t.after(() => verifier?.close())
  return {
    says: (jws: string, fields: Record<string, string> = {}) => {
      answer = (_request, response) => response.writeHead(200, fields).end(jws)
    },
    answers: (given: Answer) => {
      answer = given
    },
    start: () => {
      verifier = createVerifier({
        audience: 'accounts',
        authority: {
          keysUrl,
          keys: { keys: [authority.jwk] },
          refreshSeconds: 1,
          onFailed: (error) => {
            failures.push(textOf(error))
            looked()
          },
          onHealth: ({ state }) => {
            states.push(state)
            looked()
          },
          ...given,
        },
        now,
      })
    },
    /** The service stops, without a word to the authority. */
    stop: () => verifier?.close(),
    health: () => verifier?.health(),
    failures,
    states,
    fetches: () => fetches,
    until: async (fits: () => boolean) => {
      if (fits()) return
      await new Promise<void>((done) => waiting.push({ fits, done }))
    },
    ask: async (signer: Signer, claims: Record<string, unknown> = {}) => {
      const ahead = Math.round((now() - Date.now()) / 1_000)
      const assertion = await signer.assertion({ claims, issued: ahead })
      return verifier
        ?.verify({ method: 'GET', target: '/', assertion })
        .then(() => 'served')
        .catch((error: { code: string }) => error.code)
    },
  }
}

/** With what brought it about. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error}: ${error.cause}` : `${error}`
}
