import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { buffer } from 'node:stream/consumers'

export type Question = {
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is. */
  readonly bytes?: Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly agent: http.Agent | https.Agent
}

/**
 * POST where there is something to send, else GET; the body of the answer.
 *
 * @throws Error the answer is no success; with what it said
 */
export async function ask(
  url: string,
  { json, bytes, headers = {}, agent }: Question,
): Promise<Buffer> {
  const body = json === undefined ? bytes : Buffer.from(JSON.stringify(json))
  const type = json === undefined ? {} : { 'content-type': 'application/json' }
  const length = body === undefined ? {} : { 'content-length': body.length }
  const module = url.startsWith('https') ? https : http
  const request = module.request(url, {
    method: body === undefined ? 'GET' : 'POST',
    agent,
    headers: { ...type, ...length, ...headers },
  })
  request.end(body)
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  const received = await buffer(answer)
  const status = answer.statusCode ?? 0
  if (status < 200 || status > 299) throw new Error(`${url}: ${status} ${received.toString()}`)
  return received
}

/** Does so many things, so many at a time. */
export async function inParallel<T>(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const lane = async () => {
    while (next < count) {
      const index = next++
      results[index] = await work(index)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return results
}
