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
  timeoutMs?: number
}

const maxAnswerBytes = 262_144
const defaultTimeoutMs = 5_000
/** A renewal that failed is tried again so soon. */
const retryMs = 30_000

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
    if (this.#token === undefined) await this.#takeToken()
    const first = await this.#send(method, path, body)
    if (first.status !== 403) return refuseFailed(first)
    const before = this.#token
    await this.#takeToken()
    if (this.#token === before) throw refusal(first)
    const second = await this.#send(method, path, body)
    if (second.status === 403) throw refusal(second)
    return refuseFailed(second)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  async #takeToken(): Promise<void> {
    this.#token = this.#options.readToken()
    const { status, data } = await this.#send('GET', 'auth/token/lookup-self')
    // A token without this right can sign all the same, for as long as it lives.
    const { ttl, renewable } = status === 200 ? data : {}
    this.#renewAfter(renewable === true ? ttl : undefined)
  }

  /** When two thirds of its life are over. A token of no end, or that cannot be renewed, is left alone. */
  #renewAfter(ttlSeconds: unknown): void {
    clearTimeout(this.#timer)
    if (typeof ttlSeconds !== 'number' || ttlSeconds <= 0) return
    this.#schedule(Math.min((ttlSeconds * 2_000) / 3, 2 ** 31 - 1))
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#renew().catch(() => this.#schedule(retryMs))
    }, ms)
    this.#timer.unref()
  }

  async #renew(): Promise<void> {
    const { status, data } = await this.#send('POST', 'auth/token/renew-self', {})
    if (status === 403) return this.#takeToken()
    if (status !== 200) throw new Problem('vault_unavailable', { found: `status ${status}` })
    this.#renewAfter(data['lease_duration'])
  }

  #send(method: Method, path: string, body?: object): Promise<VaultAnswer> {
    const { address, namespace, ca, timeoutMs = defaultTimeoutMs } = this.#options
    const url = new URL(`/v1/${path}`, address)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const request = url.protocol === 'https:' ? tlsRequest : plainRequest
    return new Promise((resolve, reject) => {
      const failed = (found: string) =>
        reject(new Problem('vault_unavailable', { detail: url.origin, found }))
      const signal = AbortSignal.timeout(timeoutMs)
      const asked = request(url, {
        method,
        signal,
        ...(ca === undefined ? {} : { ca }),
        headers: {
          'x-vault-token': this.#token ?? '',
          'x-vault-request': 'true',
          ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        },
      })
      asked.once('error', (error) =>
        failed(signal.aborted ? `no answer within ${timeoutMs} ms` : error.message),
      )
      asked.once('response', (response) => {
        readAnswer(response).then(resolve, (error: unknown) => failed(String(error)))
      })
      asked.end(text)
    })
  }
}

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
