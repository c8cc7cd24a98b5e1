import { hash as digest } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { faultText } from '../fault-text.ts'
import { readJsonObject } from '../json-object.ts'
import type { OutgoingClient } from '../outgoing/outgoing-client.ts'
import { type ActiveAnswer, createAnswerCache } from './answer-cache.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'
import type { AuthenticateClient } from './client-authentication.ts'
import type { IntrospectionRules } from './introspection-rules.ts'

/**
 * What holds while a provider cannot be asked: its tokens are refused, or those that it called active at
 * most so many seconds ago, and that have not expired, are taken.
 */
export type WhenAway = 'refuse' | { readonly useCachedSeconds: number }

export type Introspector = {
  /**
   * What the provider says of an active token (RFC 7662 §2.2). Not checked: anything that it says.
   *
   * @throws Problem `token_inactive`, `identity_provider_unavailable`
   */
  ask(token: string, whenAway: WhenAway): Promise<ActiveAnswer>
}

export type IntrospectorOptions = {
  readonly provider: string
  readonly rules: IntrospectionRules
  /** Where to ask. */
  readonly endpoint: () => Promise<URL>
  readonly client: OutgoingClient
  readonly authenticate: AuthenticateClient
  /** Milliseconds. */
  readonly now: () => number
  readonly onFailure: (problem: Problem) => void
}

/** So are tokens of the other kind bounded, whose claims are remembered as well. */
const maxAnswerBytes = 16 * 1024
/**
 * Different tokens that are asked about or wait for it, each no longer than `timeoutMs`: after a start all
 * of them are unknown. The last of the places are for tokens that were active before.
 */
const maxQuestions = 1_024
const maxUnknownQuestions = 768

export function createIntrospector(options: IntrospectorOptions): Introspector {
  const { provider, rules, now, onFailure } = options
  const cache = createAnswerCache(rules.cacheEntries, now)
  const breaker = createCircuitBreaker(now)
  const questions = new Map<string, Promise<ActiveAnswer>>()

  /** One question for a token at a time, however many requests bring it. */
  function askOnce(token: string, hash: string): Promise<ActiveAnswer> {
    const asked = questions.get(hash)
    if (asked !== undefined) return asked
    const isKnown = cache.active(hash) !== undefined
    if (questions.size >= (isKnown ? maxQuestions : maxUnknownQuestions)) {
      throw unavailable(provider, 'too many tokens are being asked about already')
    }
    if (!breaker.enter())
      throw unavailable(provider, 'it failed five times on end: it is left alone')
    const question = askProvider(token, hash).finally(() => questions.delete(hash))
    questions.set(hash, question)
    return question
  }

  async function askProvider(token: string, hash: string): Promise<ActiveAnswer> {
    const askedAt = now()
    let claims: Readonly<Record<string, unknown>>
    try {
      claims = await introspect(token, options)
      breaker.succeeded()
    } catch (cause) {
      breaker.failed()
      const problem = unavailable(provider, faultText(cause), cause)
      onFailure(problem)
      throw problem
    }
    if (claims['active'] === false) {
      cache.keepInactive(hash, askedAt + rules.negativeCacheMs)
      throw inactive(provider, claims['error'])
    }
    const answer = { claims, askedAt, freshUntil: askedAt + rules.cacheMs }
    cache.keepActive(hash, answer)
    return answer
  }

  return {
    async ask(token, whenAway) {
      const hash = digest('sha256', token, 'base64url')
      const known = cache.active(hash)
      if (known !== undefined && isWithin(known.askedAt, rules.cacheMs, now())) return known
      if (cache.isInactive(hash)) throw inactive(provider)
      try {
        return await askOnce(token, hash)
      } catch (error) {
        if (whenAway === 'refuse' || !isUnavailable(error)) throw error
        const last = cache.active(hash)
        if (
          last === undefined ||
          !isWithin(last.askedAt, whenAway.useCachedSeconds * 1_000, now())
        ) {
          throw error
        }
        // Not to be remembered: another route may want to refuse it.
        return { ...last, freshUntil: now() }
      }
    },
  }
}

/** RFC 7662 §2.1: the token in the body, where no log of addresses has it. */
async function introspect(
  token: string,
  { rules, endpoint, client, authenticate }: IntrospectorOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const url = await endpoint()
  const form = new URLSearchParams({ token, token_type_hint: 'access_token' })
  const authorization = await authenticate(form)
  const { status, bytes } = await client({
    url,
    form,
    authorization,
    accept: 'application/json',
    maxBytes: maxAnswerBytes,
    statuses: [200, 400],
    signal: AbortSignal.timeout(rules.timeoutMs),
  })
  const answer = readJsonObject(bytes)
  if (status === 400) return refusedQuestion(answer)
  if (typeof answer['active'] !== 'boolean') throw new TypeError('no boolean active in its answer')
  return answer
}

/**
 * Providers answer 400 to what can be no token of theirs (oidc-provider does for anything with dots). That
 * is no failure of theirs: whoever sends such tokens would have the provider left alone for everyone.
 */
function refusedQuestion({ error }: Readonly<Record<string, unknown>>) {
  const isOurs = typeof error !== 'string' || /client|grant/.test(error)
  if (isOurs) throw new Error(`HTTP status 400: ${String(error).slice(0, 100)}`)
  return { active: false, error }
}

/** A clock that was set back makes what is remembered of the future unknown. */
const isWithin = (from: number, milliseconds: number, now: number): boolean =>
  now >= from && now < from + milliseconds

function inactive(provider: string, error?: unknown): Problem {
  return new Problem('token_inactive', {
    expected: `a token that ${provider} calls active`,
    found: typeof error === 'string' ? `HTTP status 400: ${error.slice(0, 100)}` : 'active: false',
  })
}

const isUnavailable = (error: unknown): boolean =>
  error instanceof Problem && error.code === 'identity_provider_unavailable'

function unavailable(provider: string, found: string, cause?: unknown): Problem {
  return new Problem('identity_provider_unavailable', {
    detail: `${provider} cannot be asked about tokens`,
    expected: 'an answer of RFC 7662 §2.2',
    found,
    cause,
  })
}
