import assert from 'node:assert/strict'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { test } from 'node:test'
import type { Exchange } from '../../src/exchange/exchange.ts'
import { http1Exchange } from '../../src/exchange/http1-exchange.ts'
import { http2Exchange } from '../../src/exchange/http2-exchange.ts'
import { parseRequestTarget } from '../../src/exchange/request-target.ts'
import { sendRaw, until } from './client.ts'
import { listen, portOf } from './edge.ts'
import { readAnswer } from './http2-service.ts'

async function http1Listener(onExchange: (exchange: Exchange) => void) {
  const server = http.createServer({ requireHostHeader: false })
  const begin: http.RequestListener = (req, res) => onExchange(http1Exchange(req, res, 'req_1'))
  server.on('request', begin).on('checkContinue', begin)
  await listen(server)
  return {
    port: portOf(server),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const refuse = (exchange: Exchange) => exchange.refuse(401, ['X-A', '1'], Buffer.from('no'))

test('a refusal leaves the connection usable where little content is left unread', async () => {
  await using listener = await http1Listener(refuse)
  const text = await sendRaw(
    listener.port,
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  )
  assert.equal(text.match(/HTTP\/1\.1 401/g)?.length, 2)
})

for (const framing of ['Content-Length: 10000000', 'Transfer-Encoding: chunked']) {
  test(`a refusal of a request with ${framing} ends the connection behind its answer`, async () => {
    await using listener = await http1Listener(refuse)
    const socket = net.connect(listener.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n`)
    const sender = setInterval(() => socket.write(`8000\r\n${'a'.repeat(0x8000)}\r\n`), 1)
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    await new Promise((resolve) => socket.on('close', resolve))
    clearInterval(sender)
    assert.match(text, /^HTTP\/1\.1 401 [^]*\r\nConnection: close\r\n[^]*\r\n\r\nno$/)
  })
}

test('a refusal of a request that waits for 100 ends the connection at once', async () => {
  await using listener = await http1Listener(refuse)
  const begin = performance.now()
  const text = await sendRaw(
    listener.port,
    'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
  )
  assert.match(text, /^HTTP\/1\.1 401 /)
  assert.ok(performance.now() - begin < 1_000)
})

test('a refusal of HEAD has the length and no content', async () => {
  await using listener = await http1Listener(refuse)
  const text = await sendRaw(
    listener.port,
    'HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  )
  assert.match(text, /\r\nContent-Length: 2\r\n/)
  assert.ok(text.endsWith('\r\n\r\n'))
})

test('tells once how it ended, also where the client was gone before anybody listened', async () => {
  const told: string[] = []
  let exchange: Exchange | undefined
  await using listener = await http1Listener((given) => {
    exchange = given
    given.onDone((outcome) => told.push(`aborted ${outcome.aborted}`))
  })
  const socket = net.connect(listener.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => exchange !== undefined, 'the request')
  socket.destroy()
  await until(() => told.length > 0, 'the end')
  let closed = 0
  const nothing = () => {}
  exchange?.attach({
    requestData: nothing,
    requestEnd: nothing,
    responseDrained: nothing,
    exchangeClosed: () => closed++,
  })
  assert.equal(closed, 1)
  exchange?.refuse(500, [], Buffer.alloc(0))
  assert.deepEqual(told, ['aborted true'])
})

test('finds fields by name, several joined, and counts them', async () => {
  const seen: unknown[] = []
  await using listener = await http1Listener((exchange) => {
    seen.push(exchange.header('x-a'), exchange.header('constructor'), exchange.headerCount('x-a'))
    refuse(exchange)
  })
  await sendRaw(
    listener.port,
    'GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\n\r\n',
  )
  assert.deepEqual(seen, ['1, 2', undefined, 2])
})

test('an absolute target is taken apart, and its authority stands for Host (RFC 9112 §3.2.2)', () => {
  const cases: [string, string, string][] = [
    ['/p?q', '/p?q', 'host'],
    ['http://other:81/p?q', '/p?q', 'other:81'],
    ['HTTPS://other', '/', 'other'],
    ['http://other?q', '/?q', 'other'],
    ['*', '*', 'host'],
    ['http://user@other/p', 'http://user@other/p', 'host'],
    ['ftp://other/p', 'ftp://other/p', 'host'],
    ['p', 'p', 'host'],
  ]
  for (const [url, target, authority] of cases) {
    assert.deepEqual(parseRequestTarget(url, 'host'), { target, authority }, url)
  }
})

async function http2Listener(onExchange: (exchange: Exchange) => void) {
  const server = http2.createServer()
  server.on('stream', ((
    stream: http2.ServerHttp2Stream,
    headers: http2.IncomingHttpHeaders,
    _flags: number,
    raw: string[],
  ) => onExchange(http2Exchange(stream, headers, raw, 'req_1'))) as unknown as () => void)
  await listen(server)
  const client = http2.connect(`http://127.0.0.1:${portOf(server)}`)
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.destroy()
      server.close()
    },
  }
}

test('a refusal over HTTP/2 declines the rest of the request without an error', async () => {
  await using listener = await http2Listener(refuse)
  const stream = listener.client.request({ ':method': 'POST', ':path': '/' })
  stream.write('part of it')
  const answer = await readAnswer(stream)
  assert.equal(answer.status, 401)
  assert.equal(answer.body, 'no')
  assert.equal(answer.rstCode, http2.constants.NGHTTP2_NO_ERROR)
})

test('a refusal over HTTP/2 of a complete request that nobody read is complete too', async () => {
  const outcomes: boolean[] = []
  await using listener = await http2Listener((exchange) => {
    exchange.onDone((outcome) => outcomes.push(outcome.aborted))
    setTimeout(() => refuse(exchange), 20)
  })
  const stream = listener.client.request({ ':method': 'POST', ':path': '/' })
  stream.end('all of it')
  const answer = await readAnswer(stream)
  assert.equal(answer.body, 'no')
  await until(() => outcomes.length === 1, 'the end')
  assert.deepEqual(outcomes, [false])
})

test('crumbs of Cookie become one field again (RFC 9113 §8.2.3)', async () => {
  let cookies: readonly string[] = []
  await using listener = await http2Listener((exchange) => {
    cookies = [exchange.header('cookie') ?? '', String(exchange.headerCount('cookie'))]
    refuse(exchange)
  })
  const request = { ':path': '/', cookie: ['a=1', 'b=2', 'c=3'] }
  await readAnswer(listener.client.request(request))
  assert.deepEqual(cookies, ['a=1; b=2; c=3', '1'])
})

test('who listens for the end after it was there is told at once', async () => {
  let exchange: Exchange | undefined
  await using listener = await http1Listener((given) => {
    exchange = given
    given.refuse(401, [], Buffer.from('no'))
  })
  await sendRaw(listener.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const statuses: number[] = []
  exchange?.onDone(({ status }) => statuses.push(status))
  assert.deepEqual(statuses, [401])
})
