import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import http2, { type ServerHttp2Stream } from 'node:http2'
import { test } from 'node:test'
import fc from 'fast-check'
import { ask, until } from './client.ts'
import { startEdge } from './edge.ts'
import { http2Service, readAnswer } from './http2-service.ts'

const contentOf = (id: string) => `${id};`.repeat(50)
const { constants } = http2

const weathers: Record<string, (stream: ServerHttp2Stream, id: string) => void> = {
  fine: (stream, id) => {
    stream.respond({ ':status': 200 })
    stream.end(contentOf(id))
  },
  slow: (stream, id) => {
    stream.respond({ ':status': 200 })
    stream.write(contentOf(id).slice(0, 7))
    setTimeout(() => stream.end(contentOf(id).slice(7)), randomInt(20))
  },
  trailers: (stream, id) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }))
    stream.end(contentOf(id))
  },
  resetHalfway: (stream, id) => {
    // Without waitForTrailers node would send END_STREAM before the reset.
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.write(contentOf(id).slice(0, randomInt(100)))
    const codes = [constants.NGHTTP2_CANCEL, constants.NGHTTP2_INTERNAL_ERROR]
    setTimeout(() => stream.close(codes[randomInt(2)]), randomInt(5))
  },
  refused: (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
  goaway: (stream, id) => {
    weathers['slow']?.(stream, id)
    stream.session?.close()
  },
  cutOff: (stream) => stream.session?.destroy(),
}

test('in any weather of HTTP/2 each answer is its own, whole, or told to be broken', async () => {
  const kinds = fc.constantFrom(...Object.keys(weathers))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(kinds, fc.constantFrom('1.1', '2', 'leaves')), {
        minLength: 20,
        maxLength: 60,
      }),
      fc.integer({ min: 1, max: 10 }),
      async (requests, maxConcurrentStreams) => {
        await using service = await http2Service(
          (stream, headers) => {
            const id = String(headers[':path']).slice(1)
            weathers[id.split('-')[0] ?? '']?.(stream, id)
          },
          { maxConcurrentStreams },
        )
        await using edge = await startEdge({
          targets: [service.url],
          protocol: 'h2',
          pool: { maxConnectionsPerTarget: 3 },
        })
        const client = http2.connect(`http://127.0.0.1:${edge.http2Port}`)
        client.on('error', () => {})
        await Promise.all(
          requests.map(async ([kind, way], index) => {
            const id = `${kind}-${index}`
            if (way === '1.1') {
              const answer = await ask(edge.port, { path: `/${id}` })
              if (answer.isComplete && answer.status === 200)
                assert.equal(answer.body, contentOf(id))
              return
            }
            const stream = client.request({ ':path': `/${id}` })
            if (way === 'leaves')
              setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), randomInt(15))
            const answer = await readAnswer(stream)
            if (answer.rstCode !== constants.NGHTTP2_NO_ERROR || answer.status !== 200) return
            assert.equal(answer.body, contentOf(id))
          }),
        )
        client.destroy()
        await until(() => edge.outcomes.length === edge.begun(), 'every exchange ended')
        const [target] = edge.upstream.snapshot().targets
        assert.equal(target?.outstanding, 0)
        assert.equal(target?.waiting, 0)
        assert.ok((target?.connections ?? 0) <= 3)
      },
    ),
    { numRuns: 10, endOnFailure: true },
  )
})
