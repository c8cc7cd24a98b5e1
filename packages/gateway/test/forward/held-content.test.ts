import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { test } from 'node:test'
import type { HeldContent } from '../../src/exchange/held-content.ts'
import { ask, sendRaw, until } from './client.ts'
import { startEdge } from './edge.ts'
import { httpService } from './service.ts'

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** An edge that looks at so much of every request's content first, and a service that says what came. */
async function startPeeking(maxBytes: number) {
  const seen: (HeldContent | undefined)[] = []
  const service = await httpService((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const { trailers, headers } = request
      response.end(
        JSON.stringify({ length: bytes.length, sha256: sha256(bytes), trailers, headers }),
      )
    })
  })
  const edge = await startEdge({ targets: [service.url] }, {}, async (exchange) => {
    const content = await exchange.readContent(maxBytes)
    seen.push(content)
    assert.equal(exchange.heldContent, exchange.contentLength === 0 ? undefined : content)
    return content !== undefined
  })
  return {
    edge,
    seen,
    async [Symbol.asyncDispose]() {
      await edge[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    },
  }
}

for (const size of [0, 1, 100, 4_096, 70_000, 1_000_000]) {
  for (const framing of ['length', 'chunked'] as const) {
    test(`content of ${size} bytes (${framing}) is looked at, and reaches the service as it was`, async () => {
      await using bed = await startPeeking(4_096)
      const body = randomBytes(size)
      const headers = framing === 'length' ? {} : { 'Transfer-Encoding': 'chunked' }
      const answer = await ask(bed.edge.port, { method: 'POST', headers, body })
      const told = JSON.parse(answer.body) as { length: number; sha256: string }
      assert.deepEqual([told.length, told.sha256], [size, sha256(body)])
      const [content] = bed.seen
      assert(content !== undefined)
      assert(content.bytes.equals(body.subarray(0, content.bytes.length)))
      assert(content.isComplete ? content.bytes.length === size : content.bytes.length >= 4_096)
      assert(content.bytes.length <= 4_096 + 65_536)
    })
  }
}

test('trailers reach the service behind content that was held', async () => {
  await using bed = await startPeeking(4_096)
  const text = await sendRaw(
    bed.edge.port,
    'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n',
  )
  assert.match(text, /"x-sum":"7"/)
  assert.equal(bed.seen[0]?.bytes.toString(), 'abc')
})

test('who waits for 100 (Continue) gets it once, and its content is forwarded', async () => {
  await using bed = await startPeeking(4_096)
  let continued = 0
  const body = await new Promise<string>((resolve, reject) => {
    const request = http.request({
      port: bed.edge.port,
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': 5 },
    })
    request.on('information', ({ statusCode }) => {
      if (statusCode === 100) continued++
    })
    request.on('continue', () => request.end('hello'))
    request.on('error', reject)
    request.on('response', (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('end', () => resolve(text))
    })
    request.flushHeaders()
  })
  assert.match(body, /"length":5/)
  assert.equal(continued, 1)
})

test('content that comes slowly is waited for', async () => {
  await using bed = await startPeeking(4_096)
  const socket = net.connect(bed.edge.port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n')
  let text = ''
  socket.on('data', (chunk) => (text += String(chunk)))
  for (const letter of 'hello') {
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.write(letter)
  }
  await new Promise((resolve) => socket.on('close', resolve))
  assert.match(text, /"length":5/)
  assert.equal(bed.seen[0]?.bytes.toString(), 'hello')
})

test('a client that leaves while its content is waited for ends its request', async () => {
  await using bed = await startPeeking(4_096)
  const socket = net.connect(bed.edge.port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe')
  await until(() => bed.edge.begun() === 1, 'the request')
  socket.destroy()
  const outcome = await bed.edge.outcome(0)
  assert.equal(outcome.aborted, true)
  await until(() => bed.seen.length === 1, 'the end of the wait')
  assert.equal(bed.seen[0], undefined)
})

test('content over HTTP/2 is looked at, and reaches the service as it was', async () => {
  await using bed = await startPeeking(4_096)
  const session = http2.connect(`http://127.0.0.1:${bed.edge.http2Port}`)
  for (const size of [1, 4_096, 600_000]) {
    const body = randomBytes(size)
    const stream = session.request({ ':method': 'POST', ':path': '/' })
    stream.end(body)
    let text = ''
    for await (const chunk of stream) text += String(chunk)
    const told = JSON.parse(text) as { length: number; sha256: string }
    assert.deepEqual([told.length, told.sha256], [size, sha256(body)])
  }
  const gone = session.request({ ':method': 'POST', ':path': '/' })
  gone.on('error', () => {})
  gone.write('a')
  await until(() => bed.edge.begun() === 4, 'the request')
  gone.close(http2.constants.NGHTTP2_CANCEL)
  await until(() => bed.seen.length === 4, 'the end of the wait')
  assert.equal((await bed.edge.outcome(3)).aborted, true)
  session.destroy()
})
