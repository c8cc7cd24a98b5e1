import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import http2 from 'node:http2'
import net, { type Socket } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { ask, until } from './client.ts'
import { type Edge, startEdge } from './edge.ts'
import { readAnswer } from './http2-service.ts'
import { rawService } from './service.ts'

/** What a service does with a request; `id` is what its content must be made of. */
type Weather = (socket: Socket, id: string) => void

const contentOf = (id: string) => `${id};`.repeat(50)

function sized(id: string): string {
  const content = contentOf(id)
  return `HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`
}

function chunked(id: string): string {
  const content = contentOf(id)
  const size = content.length.toString(16)
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\n${content}\r\n0\r\n\r\n`
}

// Each twice as likely to be fine as to be any one kind of broken.
const weathers: Record<string, Weather> = {
  fine: (socket, id) => socket.write(sized(id)),
  alsoFine: (socket, id) => socket.write(chunked(id)),
  slow: (socket, id) => setTimeout(() => socket.write(sized(id)), randomInt(30)),
  inPieces: (socket, id) => {
    const bytes = randomInt(2) === 0 ? sized(id) : chunked(id)
    const at = randomInt(bytes.length)
    socket.write(bytes.slice(0, at))
    setTimeout(() => socket.write(bytes.slice(at)), randomInt(20))
  },
  untilTheEnd: (socket, id) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${contentOf(id)}`),
  thenClosed: (socket, id) => socket.end(sized(id)),
  brokenOff: (socket, id) => {
    const bytes = randomInt(2) === 0 ? sized(id) : chunked(id)
    socket.write(bytes.slice(0, randomInt(bytes.length)), () => socket.destroy())
  },
  reset: (socket) => socket.resetAndDestroy(),
  garbage: (socket) => socket.write('\x16\x03\x01 what?\r\n\r\n'),
  followed: (socket, id) =>
    socket.write(`${sized(id)}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
  followedLater: (socket, id) => {
    socket.write(sized(id))
    setImmediate(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'))
  },
}

async function askThenMaybeLeave(edge: Edge, id: string, leaves: boolean) {
  if (!leaves) return ask(edge.port, { path: `/${id}` })
  const socket = net.connect(edge.port, '127.0.0.1').on('error', () => {})
  socket.write(`GET /${id} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await new Promise((resolve) => setTimeout(resolve, randomInt(15)))
  socket.destroy()
  return undefined
}

const kinds = fc.constantFrom(...Object.keys(weathers).filter((name) => name !== 'followedLater'))

test('in any weather each answer is its own, whole, or told to be broken; nothing is left behind', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(kinds, fc.boolean()), { minLength: 20, maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      async (requests, connections) => {
        await using service = await rawService((socket, request) => {
          const id = request.slice(5, request.indexOf(' ', 5))
          weathers[id.split('-')[0] ?? '']?.(socket, id)
        })
        await using edge = await startEdge({
          targets: [service.url],
          pool: { maxConnectionsPerTarget: connections },
          timeouts: { connectMs: 2_000, headersMs: 1_000, idleMs: 1_000 },
        })
        const answers = await Promise.all(
          requests.map(async ([kind, leaves], index) => {
            const id = `${kind}-${index}`
            return { id, answer: await askThenMaybeLeave(edge, id, leaves) }
          }),
        )
        for (const { id, answer } of answers) {
          if (answer === undefined || !answer.isComplete) continue
          if (answer.status === 200) assert.equal(answer.body, contentOf(id))
          else assert.ok(answer.status >= 500, `${id}: ${answer.status}`)
        }
        await until(() => edge.outcomes.length === edge.begun(), 'every exchange ended')
        const [target] = edge.upstream.snapshot().targets
        assert.equal(target?.outstanding, 0)
        assert.equal(target?.waiting, 0)
        assert.ok((target?.connections ?? 0) <= connections)
        await until(
          () =>
            edge.upstream.snapshot().targets[0]?.connections ===
            edge.upstream.snapshot().targets[0]?.idle,
          'no connection is busy',
        )
      },
    ),
    { numRuns: 10, endOnFailure: true },
  )
})

test('bytes that come behind an answer, at once or later, never become the answer to HTTP/2 streams', async () => {
  await using service = await rawService((socket, request) => {
    const id = request.slice(5, request.indexOf(' ', 5))
    weathers[id.split('-')[0] ?? '']?.(socket, id)
  })
  await using edge = await startEdge({
    targets: [service.url],
    pool: { maxConnectionsPerTarget: 4 },
  })
  const client = http2.connect(`http://127.0.0.1:${edge.http2Port}`)
  for (let round = 0; round < 20; round++) {
    const ids = ['followed', 'fine', 'followed', 'alsoFine'].map((kind) => `${kind}-${round}`)
    const answers = await Promise.all(
      ids.map((id) => readAnswer(client.request({ ':path': `/${id}` }))),
    )
    for (const [index, answer] of answers.entries()) {
      assert.equal(answer.body, contentOf(ids[index] ?? ''))
    }
  }
  client.destroy()
})
