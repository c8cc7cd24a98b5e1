import http2 from 'node:http2'
import type { Socket } from 'node:net'
import { http } from '../runtime/node-http.ts'
import { connectSocket } from './connect-socket.ts'
import type { Target } from './target.ts'
import type { UpstreamSettings } from './upstream-config.ts'

/** Asks each target for `health.path` at its interval. @returns a function that ends it. */
export function startHealthChecks(
  targets: readonly Target[],
  settings: UpstreamSettings,
): () => void {
  const { healthPath } = settings
  if (healthPath === undefined) return () => {}
  const ends = targets.map((target) => repeatCheck(target, settings, healthPath))
  return () => {
    for (const end of ends) end()
  }
}

function repeatCheck(target: Target, settings: UpstreamSettings, path: string): () => void {
  let isEnded = false
  let timer: NodeJS.Timeout | undefined
  const check = async (): Promise<void> => {
    const why = await checkOnce(target, settings, path)
    if (isEnded) return
    target.checked(why)
    // Spread, so that many gateways do not ask one service in the same moment.
    const waitMs = settings.healthIntervalMs * (0.9 + Math.random() * 0.2)
    timer = setTimeout(() => void check(), waitMs).unref()
  }
  void check()
  return () => {
    isEnded = true
    clearTimeout(timer)
  }
}

/** @returns why the target is not healthy, or undefined. Never rejects. */
function checkOnce(
  target: Target,
  settings: UpstreamSettings,
  path: string,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connectSocket(target.endpoint, {})
    const timer = setTimeout(() => done('no answer in time'), settings.healthTimeoutMs).unref()
    const done = (why: string | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(why)
    }
    const answered = (status: number): void =>
      done(status >= 200 && status < 300 ? undefined : `status ${status}`)
    socket.on('error', (error) => done(error.message))
    socket.on('close', () => done('closed without an answer'))
    const host = settings.healthHost ?? target.endpoint.authority
    const ask = settings.protocol === 'h2' ? askHttp2 : askHttp1
    const isTls = target.endpoint.tls !== undefined
    socket.once(isTls ? 'secureConnect' : 'connect', () =>
      ask(socket, { host, path, isTls, answered, failed: done }),
    )
  })
}

type Question = {
  host: string
  path: string
  isTls: boolean
  answered: (status: number) => void
  failed: (why: string) => void
}

function askHttp1(socket: Socket, question: Question): void {
  const { host, path, answered, failed } = question
  const request = http.request({
    createConnection: () => socket,
    path,
    headers: { Host: host, Connection: 'close', 'User-Agent': 'sallyport-health' },
  })
  request.on('response', (response) => {
    response.resume()
    answered(response.statusCode ?? 0)
  })
  request.on('error', (error) => failed(error.message))
  request.end()
}

function askHttp2(socket: Socket, question: Question): void {
  const { host, path, isTls, answered, failed } = question
  const session = http2.connect(`${isTls ? 'https' : 'http'}://${host}`, {
    createConnection: () => socket,
  })
  session.on('error', (error) => failed(error.message))
  const stream = session.request({ ':path': path, 'user-agent': 'sallyport-health' })
  stream.on('response', (headers) => answered(Number(headers[':status'])))
  stream.on('error', (error) => failed(error.message))
}
