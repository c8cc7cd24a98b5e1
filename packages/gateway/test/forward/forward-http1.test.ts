import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { test } from 'node:test'
import { ask, sendRaw, until } from './client.ts'
import { startEdge } from './edge.ts'
import { cannedService, httpService, rawService } from './service.ts'

test('relays status, fields and content of an answer', async () => {
  await using service = await httpService((_req, res) =>
    res.writeHead(201, ['X-One', '1', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end('made'),
  )
  await using edge = await startEdge({ targets: [service.url] })
  const answer = await ask(edge.port, { method: 'POST', path: '/things?x=1' })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers['x-one'], '1')
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
  assert.equal(answer.body, 'made')
  const outcome = await edge.outcome(0)
  assert.equal(outcome.status, 201)
  assert.equal(outcome.upstreamStatus, 201)
  assert.equal(outcome.bytesSent, 4)
  assert.equal(outcome.aborted, false)
  assert.equal(outcome.upstream, 'service')
  assert.equal(outcome.target, service.url)
})

test('carries many requests of one client over one connection to the service', async () => {
  await using service = await httpService((_req, res) => res.end('ok'))
  await using edge = await startEdge({ targets: [service.url] })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  for (let index = 0; index < 5; index++) {
    assert.equal((await ask(edge.port, { agent })).body, 'ok')
  }
  agent.destroy()
  assert.equal(service.sockets.length, 1)
})

test('streams content of known length to the service', async () => {
  let length: string | undefined
  await using service = await httpService((req, res) => {
    length = req.headers['content-length']
    req.pipe(res)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const body = Buffer.alloc(300_000, 'abcdefg')
  const answer = await ask(edge.port, {
    method: 'PUT',
    body,
    headers: { 'Content-Length': body.length },
  })
  assert.equal(length, '300000')
  assert.equal(answer.body, body.toString('latin1'))
})

test('streams content of unknown length in chunks, both ways', async () => {
  let encoding: string | undefined
  await using service = await httpService((req, res) => {
    encoding = req.headers['transfer-encoding']
    req.pipe(res)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const request = http.request({ port: edge.port, method: 'POST', agent: false })
  request.write('one ')
  setTimeout(() => request.end('two'), 20)
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  let body = ''
  for await (const chunk of response) body += String(chunk)
  assert.equal(encoding, 'chunked')
  assert.equal(body, 'one two')
  assert.equal(response.headers['transfer-encoding'], 'chunked')
})

test('passes trailers in both directions', async () => {
  let trailers: NodeJS.Dict<string> = {}
  await using service = await httpService((req, res) => {
    req.resume().on('end', () => {
      trailers = req.trailers
      res.writeHead(200, { Trailer: 'X-Sum' })
      res.write('content')
      res.addTrailers({ 'X-Sum': '42' })
      res.end()
    })
  })
  await using edge = await startEdge({ targets: [service.url] })
  const request = http.request({
    port: edge.port,
    method: 'POST',
    agent: false,
    headers: { 'Transfer-Encoding': 'chunked', Trailer: 'X-Check', TE: 'trailers' },
  })
  request.write('x')
  request.addTrailers({ 'X-Check': 'ok', Sallyport_Device: 'forged', Host: 'evil' })
  request.end()
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  response.resume()
  await once(response, 'end')
  assert.deepEqual({ ...trailers }, { 'x-check': 'ok' })
  assert.deepEqual({ ...response.trailers }, { 'x-sum': '42' })
  assert.equal(response.headers.trailer, 'X-Sum')
})

test('sends each server-sent event on as it comes', async () => {
  let sendNext = () => {}
  await using service = await httpService((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    sendNext = () => res.write('data: tick\n\n')
  })
  await using edge = await startEdge({ targets: [service.url] })
  const request = http.get({ port: edge.port, agent: false })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  for (let index = 0; index < 3; index++) {
    sendNext()
    const [chunk] = await once(response, 'data')
    assert.equal(String(chunk), 'data: tick\n\n')
  }
  request.on('error', () => {})
  request.destroy()
})

test('holds a service back that is faster than its client', async () => {
  const total = 64 * 1024 * 1024
  let sent = 0
  await using service = await httpService((_req, res) => {
    res.writeHead(200, { 'Content-Length': total })
    const piece = Buffer.alloc(256 * 1024)
    const pump = () => {
      while (sent < total) {
        sent += piece.length
        if (!res.write(piece)) break
      }
    }
    res.on('drain', pump)
    pump()
  })
  await using edge = await startEdge({ targets: [service.url] })
  const socket = net.connect(edge.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  socket.once('readable', () => {})
  await until(() => sent > 0, 'the answer begins')
  await new Promise((resolve) => setTimeout(resolve, 200))
  const held = sent
  assert.ok(held < total / 2, `${held} bytes went before the client read one`)
  let read = 0
  socket.on('data', (chunk) => {
    read += chunk.length
  })
  await until(() => read > total, 'the whole answer')
  socket.destroy()
})

test('holds a client back that is faster than its service', async () => {
  await using service = await rawService(
    () => {},
    (socket) => socket.pause(),
  )
  await using edge = await startEdge({ targets: [service.url] })
  const socket = net.connect(edge.port, '127.0.0.1')
  const total = 64 * 1024 * 1024
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${total}\r\n\r\n`)
  const piece = Buffer.alloc(256 * 1024)
  let sent = 0
  const pump = () => {
    while (sent < total) {
      sent += piece.length
      if (!socket.write(piece)) break
    }
  }
  socket.on('drain', pump)
  socket.on('error', () => {})
  pump()
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.ok(sent < total / 2, `${sent} bytes went before the service read one`)
  socket.destroy()
})

test('passes 103 and 100 on, before the final answer', async () => {
  await using service = await httpService((req, res) => {
    res.writeEarlyHints({ link: '</a.css>; rel=preload' })
    req.resume().on('end', () => res.end('done'))
  })
  await using edge = await startEdge({ targets: [service.url] })
  const text = await sendRaw(
    edge.port,
    'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
  )
  const lines = text.split('\r\n').filter((line) => line.startsWith('HTTP/1.1'))
  assert.deepEqual(lines, ['HTTP/1.1 100 Continue', 'HTTP/1.1 103 Early Hints', 'HTTP/1.1 200 OK'])
  assert.match(text, /Link: <\/a\.css>; rel=preload/i)
})

test('says 100 (Continue) only when the service says it', async () => {
  await using service = await rawService((socket) =>
    socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n'),
  )
  await using edge = await startEdge({ targets: [service.url] })
  const text = await sendRaw(
    edge.port,
    'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
  )
  assert.match(text, /^HTTP\/1\.1 413 /)
  assert.match(text, /\r\nConnection: close\r\n/)
  assert.match(service.received[0] ?? '', /\r\nExpect: 100-continue\r\n/)
})

test('sends no 1xx to a client of HTTP/1.0, and ends its answer with the connection', async () => {
  await using service = await rawService((socket) =>
    socket.write(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n3\r\nabc\r\n0\r\nX-A: 1\r\n\r\n',
    ),
  )
  await using edge = await startEdge({ targets: [service.url] })
  const text = await sendRaw(edge.port, 'GET / HTTP/1.0\r\nHost: x\r\n\r\n')
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(text, /\r\n\r\nabc$/)
  assert.doesNotMatch(text, /chunked|trailer/i)
})

test('an answer to HEAD keeps its length and has no content', async () => {
  await using service = await cannedService('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n')
  await using edge = await startEdge({ targets: [service.url] })
  const text = await sendRaw(edge.port, 'HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  assert.match(text, /\r\nContent-Length: 1234\r\n/)
  assert.ok(text.endsWith('\r\n\r\n'))
})

for (const status of [204, 304]) {
  test(`an answer of ${status} has no content, whatever its fields say`, async () => {
    await using service = await rawService((socket) =>
      socket.write(`HTTP/1.1 ${status} X\r\nTransfer-Encoding: chunked\r\nETag: "a"\r\n\r\n`),
    )
    await using edge = await startEdge({ targets: [service.url] })
    const answer = await ask(edge.port)
    assert.equal(answer.status, status)
    assert.equal(answer.body, '')
    assert.equal(answer.headers['transfer-encoding'], undefined)
    assert.equal(answer.headers.etag, '"a"')
  })
}

test('answers pipelined requests in their order', async () => {
  await using service = await rawService((socket, request) => {
    const path = request.split(' ')[1] ?? ''
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`
    setTimeout(() => socket.write(answer), path === '/slow' ? 40 : 0)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const text = await sendRaw(
    edge.port,
    'GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /fast HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  )
  assert.ok(text.indexOf('/slow') < text.indexOf('/fast'))
  assert.match(text, /\/slow[^]*\/fast$/)
})

test('keeps the bytes of fields that are not ASCII', async () => {
  await using service = await cannedService(
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Disposition: attachment; filename="\xc3\xa9.txt"\r\n\r\nok',
  )
  await using edge = await startEdge({ targets: [service.url] })
  const text = await sendRaw(
    edge.port,
    'GET / HTTP/1.1\r\nHost: x\r\nX-Name: \xc3\xa9\r\nConnection: close\r\n\r\n',
  )
  assert.match(text, /filename="\xc3\xa9\.txt"/)
  assert.match(service.received[0] ?? '', /X-Name: \xc3\xa9\r\n/)
})

test('an early answer reaches a client that still sends, and ends its connection', async () => {
  await using service = await rawService((socket) =>
    socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig'),
  )
  await using edge = await startEdge({ targets: [service.url] })
  const socket = net.connect(edge.port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n')
  const sender = setInterval(() => socket.write(Buffer.alloc(10_000)), 5)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket.on('error', () => {})
  await until(() => text.endsWith('big'), 'the answer')
  clearInterval(sender)
  assert.match(text, /Connection: close/)
  await once(socket, 'close')
})
