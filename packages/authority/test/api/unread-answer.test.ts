import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pino from 'pino'
import { type Api, createApi } from '../../src/api/api-server.ts'

const unreadMs = 4_000
/** More than the buffers of both ends take. */
const long = 'x'.repeat(16 * 1024 * 1024)

describe('an answer that is not read', { timeout: 120_000 }, () => {
  let api: Api
  const open = async (path: string): Promise<Socket> => {
    const { port } = api.server.address() as { port: number }
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => {})
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    return socket
  }
  const connections = async () =>
    new Promise<number>((resolve) => {
      api.server.getConnections((_error, count) => {
        resolve(count)
      })
    })

  before(async () => {
    const log = pino({ level: 'silent' })
    api = createApi({ log, bodyLimitBytes: 1_024, face: 'public', now: () => 0, unreadMs })
    api.get('/long', () => Promise.resolve({ long }))
    api.get('/slow', async () => {
      await pause(2 * unreadMs)
      return { slow: true }
    })
    await api.listen({ host: '127.0.0.1', port: 0 })
  })
  after(() => api.close())

  test('is let go of with its connection', async () => {
    const socket = await open('/long')
    socket.pause()
    while ((await connections()) === 0) await pause(10)
    // Nobody reads, and nobody closes it but the server.
    while ((await connections()) > 0) await pause(50)
    socket.destroy()
  })

  test('is waited for where it takes long to make, and where it is read slowly', async () => {
    const slow = await open('/slow')
    const [head] = (await once(slow, 'data')) as [Buffer]
    assert.match(head.toString(), /^HTTP\/1\.1 200/)
    slow.destroy()

    const reader = await open('/long')
    let bytes = 0
    let tail = ''
    reader.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      tail = (tail + chunk.toString('latin1')).slice(-1_000)
      reader.pause()
      setTimeout(() => reader.resume(), 2)
    })
    const read = async (end: string) => {
      while (!tail.endsWith(end)) {
        assert.ok(!reader.destroyed, `it was cut off after ${bytes} bytes`)
        await pause(20)
      }
    }
    await read('x"}')
    assert.ok(bytes > long.length)
    // The same connection goes on to serve.
    reader.write('GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await read('{"slow":true}')
    reader.destroy()
  })
})
