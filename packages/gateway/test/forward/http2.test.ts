import assert from 'node:assert/strict'
import http2 from 'node:http2'
import net from 'node:net'
import { test } from 'node:test'
import { ask, until } from './client.ts'
import { startEdge } from './edge.ts'
import { frame } from '../support/frames.ts'
import {
  askHttp2,
  type Frame,
  frameReader,
  frameService,
  http2Service,
  readAnswer,
} from './http2-service.ts'
import { cannedService, closedPort, httpService, rawService } from './service.ts'

const h2 = { protocol: 'h2' } as const

test('a client of HTTP/2 reaches a service of HTTP/1', async () => {
  let seen: string[] = []
  await using service = await httpService((req, res) => {
    seen = [req.method ?? '', req.url ?? '', req.headers.host ?? '', req.headers.cookie ?? '']
    res.writeHead(201, { 'X-A': '1', Connection: 'x-hop', 'X-Hop': '1', ETag: '"a"' })
    req.pipe(res)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const answer = await askHttp2(edge.http2Port, {
    headers: { ':method': 'POST', ':path': '/p?q=1', cookie: ['a=1', 'b=2'] },
    body: 'content',
  })
  assert.deepEqual(seen, ['POST', '/p?q=1', 'api.example.com', 'a=1; b=2'])
  assert.equal(answer.status, 201)
  assert.equal(answer.headers['x-a'], '1')
  assert.equal(answer.headers['x-hop'], undefined)
  assert.equal(answer.body, 'content')
  assert.equal(answer.rstCode, 0)
})

test('a client of HTTP/1 reaches a service of HTTP/2', async () => {
  let seen: http2.IncomingHttpHeaders = {}
  await using service = await http2Service((stream, headers) => {
    seen = headers
    stream.respond({ ':status': 200, 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] })
    stream.pipe(stream)
  })
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  const answer = await ask(edge.port, {
    method: 'POST',
    path: '/p',
    body: 'content',
    headers: { Host: 'api.example.com', Connection: 'close, X-Hop', 'X-Hop': '1', 'X-B': '2' },
  })
  assert.equal(seen[':authority'], 'api.example.com')
  assert.equal(seen[':path'], '/p')
  assert.equal(seen['x-b'], '2')
  assert.equal(seen['x-hop'], undefined)
  assert.equal(seen['content-length'], '7')
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
  assert.equal(answer.body, 'content')
})

test('requests of many clients share one connection to a service of HTTP/2', async () => {
  await using service = await http2Service((stream) => {
    stream.respond({ ':status': 200 })
    setTimeout(() => stream.end('ok'), 10)
  })
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(edge.port)))
  assert.ok(answers.every((answer) => answer.body === 'ok'))
  assert.equal(service.sessions.length, 1)
})

test('no more streams are opened than the service allows: the rest wait', async () => {
  let open = 0
  let most = 0
  await using service = await http2Service(
    (stream) => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open--
        stream.respond({ ':status': 200 })
        stream.end('ok')
      }, 10)
    },
    { maxConcurrentStreams: 2 },
  )
  await using edge = await startEdge({
    targets: [service.url],
    ...h2,
    pool: { maxConnectionsPerTarget: 2 },
  })
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask(edge.port)))
  assert.ok(answers.every((answer) => answer.body === 'ok'))
  assert.ok(most <= 4, `${most} streams at once over ${service.sessions.length} connections`)
})

test('gRPC: a call with messages both ways, trailers and status', async () => {
  let seen: http2.IncomingHttpHeaders = {}
  await using service = await http2Service((stream, headers) => {
    seen = headers
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () =>
      stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }),
    )
    stream.on('data', (chunk: Buffer) => stream.write(chunk))
    stream.on('end', () => stream.end())
  })
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  const client = http2.connect(`http://127.0.0.1:${edge.http2Port}`)
  const stream = client.request({
    ':method': 'POST',
    ':path': '/pkg.Service/Method',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  const messages: string[] = []
  stream.on('data', (chunk: Buffer) => messages.push(String(chunk)))
  stream.write('one')
  await until(() => messages.length === 1, 'the first message comes back before the second is sent')
  stream.end('two')
  const trailers = await new Promise<http2.IncomingHttpHeaders>((resolve) =>
    stream.on('trailers', resolve),
  )
  assert.equal(seen['te'], 'trailers')
  assert.deepEqual(messages, ['one', 'two'])
  assert.equal(trailers['grpc-status'], '0')
  assert.equal(trailers['grpc-message'], 'fine')
  client.destroy()
})

test('gRPC: an answer of trailers only is one HEADERS frame', async () => {
  await using service = await http2Service((stream) =>
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' },
      { endStream: true },
    ),
  )
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  const client = http2.connect(`http://127.0.0.1:${edge.http2Port}`)
  const stream = client.request({ ':method': 'POST', ':path': '/', te: 'trailers' })
  const [headers, flags] = await new Promise<[http2.IncomingHttpHeaders, number]>((resolve) =>
    stream.on('response', (...values) => resolve([values[0], values[1]])),
  )
  assert.equal(headers['grpc-status'], '12')
  assert.equal(flags & http2.constants.NGHTTP2_FLAG_END_STREAM, 1)
  client.destroy()
})

test('trailers of a request reach the service, without those that nobody may say', async () => {
  let trailers: http2.IncomingHttpHeaders = {}
  await using service = await http2Service((stream) => {
    stream.on('trailers', (fields) => {
      trailers = fields
    })
    stream.resume().on('end', () => {
      stream.respond({ ':status': 200 })
      stream.end()
    })
  })
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  await askHttp2(edge.http2Port, {
    headers: { ':method': 'POST' },
    body: 'x',
    trailers: { 'x-sum': '1', 'sallyport-device': 'forged' },
  })
  assert.equal(trailers['x-sum'], '1')
  assert.equal(trailers['sallyport-device'], undefined)
})

test('trailers of a service of HTTP/1 reach a client of HTTP/2', async () => {
  await using service = await cannedService(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
  )
  await using edge = await startEdge({ targets: [service.url] })
  const answer = await askHttp2(edge.http2Port)
  assert.equal(answer.body, 'ok')
  assert.equal(answer.trailers['x-sum'], '1')
})

test('1xx pass through HTTP/2 on both sides', async () => {
  await using service = await http2Service((stream) => {
    stream.additionalHeaders({ ':status': 103, link: '</a>' })
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  const answer = await askHttp2(edge.http2Port)
  assert.deepEqual(answer.informational, [103])
  assert.equal(answer.body, 'ok')
})

test('HEAD and 304 have no content over HTTP/2', async () => {
  await using service = await http2Service((stream, headers) => {
    const status = headers[':path'] === '/304' ? 304 : 200
    stream.respond({ ':status': status, 'content-length': '5' }, { endStream: true })
  })
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  const head = await askHttp2(edge.http2Port, { headers: { ':method': 'HEAD' } })
  assert.equal(head.headers['content-length'], '5')
  assert.equal(head.rstCode, 0)
  const answer = await ask(edge.port, { path: '/304' })
  assert.equal(answer.status, 304)
})

test('fields that may stand once reach a client of HTTP/2 once', async () => {
  await using service = await cannedService(
    'HTTP/1.1 200 OK\r\nETag: "a"\r\nETag: "b"\r\nContent-Encoding: a\r\nContent-Encoding: b\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n',
  )
  await using edge = await startEdge({ targets: [service.url] })
  const answer = await askHttp2(edge.http2Port)
  assert.equal(answer.headers.etag, '"a"')
  assert.equal(answer.headers['content-encoding'], 'a, b')
  assert.equal(answer.headers['x-a'], '1, 2')
})

test('an answer of HTTP/1 that breaks off is reset for a client of HTTP/2', async () => {
  await using service = await rawService((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    setTimeout(() => socket.destroy(), 20)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const answer = await askHttp2(edge.http2Port)
  assert.equal(answer.body, 'half')
  assert.equal(answer.rstCode, http2.constants.NGHTTP2_INTERNAL_ERROR)
  assert.equal((await edge.outcome(0)).aborted, true)
})

const framings: [string, string][] = [
  ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ['until the end', 'HTTP/1.1 200 OK\r\n\r\nhalf'],
]

for (const [what, bytes] of framings) {
  test(`an answer ${what} that breaks off never ends in END_STREAM`, async () => {
    await using service = await rawService((socket) => {
      socket.write(bytes)
      setTimeout(() => socket.resetAndDestroy(), 20)
    })
    await using edge = await startEdge({ targets: [service.url] })
    const frames: Frame[] = []
    const socket = net.connect(edge.http2Port, '127.0.0.1')
    socket.on(
      'data',
      frameReader(0, (seen) => frames.push(seen)),
    )
    const head = Buffer.from([0x82, 0x84, 0x86, 0x41, 0x01, 0x78])
    socket.write(Buffer.concat([Buffer.from(preface), frame(4, 0, 0), frame(1, 5, 1, head)]))
    await until(() => frames.some((seen) => seen.type === 3), 'RST_STREAM')
    const ofStream = frames.filter((seen) => seen.stream === 1)
    assert.deepEqual(
      ofStream.map((seen) => seen.type),
      [1, 0, 3],
    )
    assert.ok(ofStream.every((seen) => seen.type === 3 || (seen.flags & 1) === 0))
    assert.equal(ofStream[2]?.payload.readUInt32BE(0), http2.constants.NGHTTP2_INTERNAL_ERROR)
    socket.destroy()
  })
}

test('half a request never ends in END_STREAM when its client leaves', async () => {
  const frames: Frame[] = []
  await using service = await frameService(
    () => {},
    (seen) => frames.push(seen),
  )
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  for (const framing of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
    frames.length = 0
    const socket = net.connect(edge.port, '127.0.0.1')
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n4\r\nhalf\r\n`)
    await until(() => frames.some((seen) => seen.type === 0), 'DATA')
    socket.destroy()
    await until(() => frames.some((seen) => seen.type === 3), 'RST_STREAM')
    const ofStream = frames.filter((seen) => seen.stream !== 0 && seen.type !== 8)
    assert.ok(ofStream.every((seen) => seen.type === 3 || (seen.flags & 1) === 0))
    assert.equal(ofStream.at(-1)?.payload.readUInt32BE(0), http2.constants.NGHTTP2_CANCEL)
  }
})

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

const halfAnswer = [frame(1, 4, 1, Buffer.from([0x88])), frame(0, 0, 1, Buffer.from('half'))]

for (const code of [
  http2.constants.NGHTTP2_NO_ERROR,
  http2.constants.NGHTTP2_CANCEL,
  http2.constants.NGHTTP2_INTERNAL_ERROR,
]) {
  test(`an answer of HTTP/2 that ends in RST_STREAM ${code} is cut off for the client`, async () => {
    await using service = await frameService((socket) => {
      socket.write(Buffer.concat(halfAnswer))
      const payload = Buffer.alloc(4)
      payload.writeUInt32BE(code)
      setTimeout(() => socket.write(frame(3, 0, 1, payload)), 20)
    })
    await using edge = await startEdge({ targets: [service.url], ...h2 })
    const answer = await ask(edge.port)
    assert.equal(answer.body, 'half')
    assert.equal(answer.isComplete, false)
    assert.equal((await edge.outcome(0)).code, 'upstream_connection_lost')
  })
}

test('an answer of HTTP/2 whose connection ends is cut off for the client', async () => {
  await using service = await frameService((socket) => {
    socket.write(Buffer.concat(halfAnswer))
    setTimeout(() => socket.end(), 20)
  })
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  assert.equal((await ask(edge.port)).isComplete, false)
})

test('a stream that the service refused is sent again, whatever its method', async () => {
  let count = 0
  await using service = await http2Service((stream) => {
    if (count++ === 0) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
    else {
      stream.respond({ ':status': 200 })
      stream.end('ok')
    }
  })
  await using other = await http2Service((stream) => {
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  await using edge = await startEdge({
    targets: [service.url, other.url],
    ...h2,
    balance: 'roundRobin',
  })
  assert.equal((await ask(edge.port, { method: 'POST' })).body, 'ok')
  assert.equal(edge.upstream.snapshot().retries, 1)
})

test('a service that goes away is connected to again', async () => {
  await using service = await http2Service((stream) => {
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  await ask(edge.port)
  service.sessions[0]?.close()
  await until(() => edge.upstream.snapshot().targets[0]?.connections === 0, 'it is gone')
  assert.equal((await ask(edge.port)).body, 'ok')
  assert.equal(service.sessions.length, 2)
})

test('a service that does not speak HTTP/2 is 502 upstream_response_invalid', async () => {
  await using service = await rawService(
    () => {},
    (socket) => socket.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  )
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  const answer = await ask(edge.port)
  assert.equal(answer.status, 502)
  assert.match(answer.body, /upstream_response_invalid/)
})

test('a service of HTTP/2 that is not there is 502 upstream_unreachable', async () => {
  await using edge = await startEdge({ targets: [`http://127.0.0.1:${await closedPort()}`], ...h2 })
  const answer = await ask(edge.port)
  assert.equal(answer.status, 502)
  assert.match(answer.body, /upstream_unreachable/)
})

test('a service of HTTP/2 that says nothing is 504, and its stream is reset', async () => {
  let rstCode: number | undefined
  await using service = await http2Service((stream) =>
    stream.on('close', () => {
      rstCode = stream.rstCode
    }),
  )
  await using edge = await startEdge({
    targets: [service.url],
    ...h2,
    timeouts: { headersMs: 100 },
  })
  assert.equal((await ask(edge.port)).status, 504)
  await until(() => rstCode === http2.constants.NGHTTP2_CANCEL, 'the stream is reset')
})

test('a client that resets its stream ends the work for it at the service', async () => {
  let isClosed = false
  await using service = await http2Service((stream) => {
    stream.respond({ ':status': 200 })
    stream.write('begin')
    stream.on('close', () => {
      isClosed = true
    })
  })
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  const client = http2.connect(`http://127.0.0.1:${edge.http2Port}`)
  const stream = client.request({ ':path': '/' })
  stream.on('error', () => {})
  await new Promise((resolve) => stream.once('data', resolve))
  stream.close(http2.constants.NGHTTP2_CANCEL)
  await until(() => isClosed, 'the stream to the service is closed')
  assert.equal((await edge.outcome(0)).aborted, true)
  client.destroy()
})

test('one stream that breaks leaves the others on its connection alone', async () => {
  await using service = await rawService((socket, request) => {
    if (request.startsWith('GET /bad')) socket.write('garbage\r\n\r\n')
    else setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 30)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const client = http2.connect(`http://127.0.0.1:${edge.http2Port}`)
  const answers = await Promise.all(
    ['/1', '/bad', '/2'].map((path) => readAnswer(client.request({ ':path': path }))),
  )
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 502, 200],
  )
  client.destroy()
})

test('holds a service of HTTP/2 back that is faster than its client', async () => {
  let sent = 0
  await using service = await http2Service((stream) => {
    stream.respond({ ':status': 200 })
    const pump = () => {
      while (!stream.destroyed) {
        sent += 65_536
        if (!stream.write(Buffer.alloc(65_536))) break
      }
    }
    stream.on('drain', pump)
    pump()
  })
  await using edge = await startEdge({ targets: [service.url], ...h2 })
  const client = http2.connect(`http://127.0.0.1:${edge.http2Port}`)
  const stream = client.request({ ':path': '/' })
  stream.on('error', () => {})
  await new Promise((resolve) => stream.on('response', resolve))
  stream.pause()
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.ok(sent < 8_000_000, `${sent} bytes went before the client read one`)
  client.destroy()
})
