import http from 'node:http'
import net, { type Socket } from 'node:net'

export type Answer = {
  status: number
  headers: http.IncomingHttpHeaders
  rawHeaders: string[]
  body: string
  trailers: NodeJS.Dict<string>
  /** Whether the answer ended as its framing says. */
  isComplete: boolean
}

export type AskOptions = {
  method?: string
  path?: string
  headers?: http.OutgoingHttpHeaders | string[]
  body?: string | Buffer
  agent?: http.Agent
}

/** One request by node:http's client, read to its end or to where it broke off. */
export function ask(port: number, options: AskOptions = {}): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body, agent } = options
  return new Promise((resolve, reject) => {
    const request = http.request({
      port,
      host: '127.0.0.1',
      method,
      path,
      headers,
      ...(agent === undefined ? { agent: false } : { agent }),
    })
    request.on('error', reject)
    request.on('response', (response) => {
      // From here on the answer itself tells whether it broke off.
      request.off('error', reject).on('error', () => {})
      let text = ''
      response.setEncoding('latin1')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', () => {})
      response.on('close', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: text,
          trailers: response.trailers,
          isComplete: response.complete,
        }),
      )
    })
    request.end(body)
  })
}

/** Sends bytes as they are, and collects what comes until the end of the connection. */
export async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.write(bytes, 'latin1')
  return collect(socket)
}

export async function collect(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.on('close', resolve))
  return text
}

/** Waits until a condition holds; fails after twenty seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 20_000
  while (performance.now() < deadline) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`never happened: ${what}`)
}
