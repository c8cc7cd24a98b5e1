import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { Problem } from '@sallyport/problem'

export type VaultOptions = {
  /** `https://vault.example.com:8200`; plain HTTP on the loopback interface alone: an agent of Vault. */
  address: string
  /** Where the secrets engine is mounted: `transit`. */
  mount: string
  namespace?: string | undefined
  /** PEM of the CA of its server, where the system does not know it. */
  ca?: string | undefined
  /** The token as it is now: an agent of Vault writes a new one to its file. */
  readToken: () => string
  /** For a question and all that is asked before its answer. */
  timeoutMs?: number
}

const maxAnswerBytes = 262_144
/** A key is opened and signed with within the ten seconds that an authority waits for its signer. */
const defaultTimeoutMs = 4_000
/** A renewal that failed is tried again after this part of the token's life, within these bounds. */
const retryPart = 1 / 50
const retryMs = { least: 200, most: 30_000 }
/** How long a token lives is asked again so soon, while Vault is away. */
const lookAgainMs = 1_000
/** A token that may not look at itself is left alone for so long. */
const refusedLookMs = 10 * 60_000

type Method = 'GET' | 'POST'
export type VaultAnswer = {
  readonly status: number
  readonly data: Readonly<Record<string, unknown>>
}

/** Vault's HTTP API, as much of it as a signer asks. Redirects are not followed: a token goes to one place. */
export class VaultClient {
  readonly #options: VaultOptions
  #token: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: VaultOptions) {
    this.#options = options
  }

  /**
   * Asks with the token; where it is refused, once more with what its file has then.
   *
   * @param path below `/v1/`
   * @throws Problem `vault_unavailable`, `vault_refused`
   */
  async ask(method: Method, path: string, body?: object): Promise<VaultAnswer> {
    const { timeoutMs = defaultTimeoutMs } = this.#options
    const signal = AbortSignal.timeout(timeoutMs)
    const token = this.#token ?? this.#takeToken()
    const first = await this.#send(method, path, { body, token, signal })
    if (first.status !== 403) return refuseFailed(first)
    // Of several that are refused at once, the first takes the new one, and the others find it taken.
    const next = this.#token === token ? this.#takeToken() : (this.#token ?? token)
    if (next === token) throw refusal(first)
    const second = await this.#send(method, path, { body, token: next, signal })
    if (second.status === 403) throw refusal(second)
    return refuseFailed(second)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** The token that its file has. No question waits until it is known how long it lives. */
  #takeToken(): string {
    const token = this.#options.readToken()
    if (token !== this.#token) this.#afterwards(0, () => this.#look(token), lookAgainMs)
    this.#token = token
    return token
  }

  /** Learns how long a token lives. While Vault is away nobody knows: it is asked again. */
  async #look(token: string): Promise<void> {
    const { status, data } = await this.#send('GET', 'auth/token/lookup-self', { token })
    if (token !== this.#token) return
    // A token without this right can sign all the same, for as long as it lives.
    if (status === 403) return this.#afterwards(refusedLookMs, () => this.#look(token), lookAgainMs)
    if (status !== 200) throw new Problem('vault_unavailable', { found: `status ${status}` })
    const { ttl, renewable } = data
    this.#renewAfter(token, renewable === true ? ttl : undefined)
  }

  /** When two thirds of its life are over. A token of no end, or that cannot be renewed, is left alone. */
  #renewAfter(token: string, ttlSeconds: unknown): void {
    clearTimeout(this.#timer)
    if (typeof ttlSeconds !== 'number' || ttlSeconds <= 0) return
    const lifeMs = ttlSeconds * 1_000
    const again = Math.min(retryMs.most, Math.max(retryMs.least, lifeMs * retryPart))
    this.#afterwards((lifeMs * 2) / 3, () => this.#renew(token), again)
  }

  async #renew(token: string): Promise<void> {
    const { status, data } = await this.#send('POST', 'auth/token/renew-self', { body: {}, token })
    if (token !== this.#token) return
    if (status === 403) return void this.#takeToken()
    if (status !== 200) throw new Problem('vault_unavailable', { found: `status ${status}` })
    this.#renewAfter(token, data['lease_duration'])
  }

  /** Does one thing about the token, in the place of what was to be done; until it works, time and again. */
  #afterwards(ms: number, work: () => Promise<void>, again: number): void {
    clearTimeout(this.#timer)
    const timer = setTimeout(
      () => {
        work().catch(() => {
          if (this.#timer !== timer) return
          this.#afterwards(again, work, again)
        })
      },
      Math.min(ms, 2 ** 31 - 1),
    )
    timer.unref()
    this.#timer = timer
  }

  async #send(method: Method, path: string, question: Question): Promise<VaultAnswer> {
    try {
      return await this.#sendOnce(method, path, question)
    } catch (error) {
      // Vault closed a connection that was kept, as it does where it begins anew: it never read this (Node: reusedSocket).
      if (!(error instanceof KeptConnectionLost)) throw error
      return this.#sendOnce(method, path, { ...question, isAnew: true })
    }
  }

  #sendOnce(
    method: Method,
    path: string,
    { body, token, signal: given, isAnew = false }: Question,
  ): Promise<VaultAnswer> {
    const { address, namespace, ca, timeoutMs = defaultTimeoutMs } = this.#options
    const url = new URL(`/v1/${path}`, address)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const request = url.protocol === 'https:' ? tlsRequest : plainRequest
    return new Promise((resolve, reject) => {
      const signal = given ?? AbortSignal.timeout(timeoutMs)
      const failed = (error: unknown) => {
        const found = signal.aborted ? `no answer within ${timeoutMs} ms` : String(error)
        reject(new Problem('vault_unavailable', { detail: url.origin, found }))
      }
      const asked = request(url, {
        method,
        signal,
        ...(ca === undefined ? {} : { ca }),
        ...(isAnew ? { agent: false } : {}),
        headers: {
          'x-vault-token': token,
          'x-vault-request': 'true',
          ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        },
      })
      asked.on('error', (error: NodeJS.ErrnoException) => {
        if (asked.reusedSocket && lostCodes.has(error.code)) reject(new KeptConnectionLost())
        else failed(error)
      })
      asked.once('response', (response) => {
        readAnswer(response).then(resolve, failed)
      })
      asked.end(text)
    })
  }
}

type Question = {
  readonly body?: object | undefined
  readonly token: string
  /** When nobody waits for it any more. */
  readonly signal?: AbortSignal
  /** Over a connection of its own: others that were kept may be lost as well. */
  readonly isAnew?: boolean
}

class KeptConnectionLost extends Error {}
const lostCodes: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE'])

async function readAnswer(response: IncomingMessage): Promise<VaultAnswer> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > maxAnswerBytes) throw new RangeError('an answer that is too large')
    pieces.push(piece)
  }
  const status = response.statusCode ?? 0
  const body = parse(Buffer.concat(pieces).toString('utf8'))
  // A renewed token is told of in `auth`, everything else in `data`.
  return { status, data: objectIn(body['data']) ?? objectIn(body['auth']) ?? {} }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectIn(JSON.parse(text)) ?? {}
  } catch {
    return {}
  }
}

export function objectIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

function refuseFailed(answer: VaultAnswer): VaultAnswer {
  const { status } = answer
  if (status === 200 || status === 204 || status === 404) return answer
  // 400: what is asked is wrong. 429, 472, 473 and 5xx: not this node, not now, or sealed.
  if (status === 400) throw refusal(answer)
  throw new Problem('vault_unavailable', { found: `status ${status}` })
}

function refusal({ status }: VaultAnswer): Problem {
  return new Problem('vault_refused', { found: `status ${status}` })
}
