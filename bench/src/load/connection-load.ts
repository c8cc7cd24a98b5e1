import { type ConnectionOptions, connect } from 'node:tls'
import { deviceConnectionOptions } from './device-connection.ts'
import { Http1Answers } from './http1-answer.ts'
import type { Load, LoadTarget } from './load.ts'
import { http1Request } from './sample-request.ts'
import { Slots } from './slots.ts'

/** Makes one connection and calls back when it is closed in order, or with what went wrong. */
type Connect = (done: (error?: Error) => void) => void

/** Full handshakes without resumption and without a request. */
export async function openHandshakeLoad(target: LoadTarget, concurrency: number): Promise<Load> {
  const options = deviceConnectionOptions(target, 'http/1.1')
  return connectionLoad(concurrency, (done) => handshake(options, done))
}

/** New connections: a full handshake, one request, and the end. */
export async function openConnectionLoad(target: LoadTarget, concurrency: number): Promise<Load> {
  const options = deviceConnectionOptions(target, 'http/1.1')
  const request = http1Request(target.site)
  return connectionLoad(concurrency, (done) => exchange(options, request, done))
}

function connectionLoad(concurrency: number, connectOnce: Connect): Load {
  return {
    run: (count) => {
      const slots = new Slots(count)
      const next = (): void => {
        if (!slots.take()) return
        const begunAt = performance.now()
        connectOnce((error) => {
          if (error !== undefined) return slots.fail(error)
          slots.done(begunAt)
          next()
        })
      }
      for (let slot = 0; slot < concurrency; slot++) next()
      return slots.whole
    },
    close: () => {},
  }
}

/**
 * In TLS 1.3 a client is done before the server has seen its certificate. The ticket that the server
 * sends afterwards shows that it is done too (RFC 8446 §4.6.1).
 */
function handshake(options: ConnectionOptions, done: (error?: Error) => void): void {
  const socket = connect(options)
  let failure: Error | undefined = new Error('closed before the server sent a session ticket')
  socket.once('session', () => {
    failure = undefined
    socket.end()
  })
  socket.on('error', (error) => (failure = error))
  socket.on('close', () => done(failure))
  socket.resume()
}

function exchange(
  options: ConnectionOptions,
  request: Buffer,
  done: (error?: Error) => void,
): void {
  const socket = connect(options)
  const answers = new Http1Answers()
  let failure: Error | undefined = new Error('closed before the answer')
  socket.setNoDelay(true)
  socket.once('secureConnect', () => socket.write(request))
  socket.on('data', (chunk: Buffer) => {
    try {
      if (!answers.push(chunk)) return
      failure = undefined
      socket.end()
    } catch (error) {
      socket.destroy(error as Error)
    }
  })
  socket.on('error', (error) => (failure = error))
  socket.on('close', () => done(failure))
}
