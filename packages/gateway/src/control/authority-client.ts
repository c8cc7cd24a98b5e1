import https from 'node:https'
import type { IncomingMessage } from 'node:http'
import { isReasonCode, Problem } from '@sallyport/problem'
import type { AuthorityCredentials } from '../configuration/make-plan.ts'

/** A thousand key sets of the feed. */
const maxAnswerBytes = 16 * 1024 * 1024
const answerTimeoutMs = 15_000
const json = { accept: 'application/json' } as const

/** The authority as a gateway sees it. Every call is over mutual TLS, to the name in the URL. */
export class AuthorityClient {
  readonly #url: URL
  readonly #agent: https.Agent

  constructor({ url, ca, certificate, key }: AuthorityCredentials) {
    this.#url = new URL(url)
    this.#agent = new https.Agent({
      ca,
      cert: certificate,
      key,
      minVersion: 'TLSv1.3',
      keepAlive: true,
      maxSockets: 4,
    })
  }

  async getJson(path: string): Promise<unknown> {
    return JSON.parse((await readWhole(await this.#send('GET', path))).toString('utf8'))
  }

  async postJson(path: string, body: unknown): Promise<void> {
    await readWhole(await this.#send('POST', path, JSON.stringify(body)))
  }

  /**
   * The answer while it is still coming. Whoever takes it destroys it.
   *
   * @param encoding what it may be compressed with; by default nothing
   */
  stream(path: string, accept: string, encoding?: string): Promise<IncomingMessage> {
    return this.#send('GET', path, undefined, { accept, encoding })
  }

  close(): void {
    this.#agent.destroy()
  }

  async #send(
    method: string,
    path: string,
    body?: string,
    { accept, encoding }: { accept: string; encoding?: string | undefined } = json,
  ): Promise<IncomingMessage> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = https.request(
        new URL(path, this.#url),
        {
          method,
          agent: this.#agent,
          timeout: answerTimeoutMs,
          headers: {
            accept,
            ...(encoding === undefined ? {} : { 'accept-encoding': encoding }),
            ...(body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          },
        },
        resolve,
      )
      request.on('timeout', () =>
        request.destroy(new Error(`no answer within ${answerTimeoutMs / 1000} s`)),
      )
      request.on('error', reject)
      request.end(body)
    })
    const { statusCode = 0 } = answer
    if (statusCode >= 200 && statusCode < 300) return answer
    throw await refusalOf(answer, statusCode)
  }
}

/** A reason of the authority's as a Problem of the same code. */
async function refusalOf(answer: IncomingMessage, status: number): Promise<Error> {
  const text = (await readWhole(answer, 64 * 1024)).toString('utf8')
  let code: unknown
  try {
    code = (JSON.parse(text) as { code?: unknown }).code
  } catch {
    // Not a problem body: what stands in front of the authority answered. The status says enough.
  }
  if (typeof code === 'string' && isReasonCode(code)) return new Problem(code)
  return new Error(`the authority answered ${status}`)
}

async function readWhole(answer: IncomingMessage, maxBytes = maxAnswerBytes): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) throw new RangeError(`an answer of more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
