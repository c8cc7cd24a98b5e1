import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { ask, collect, sendRaw, until } from './client.ts'
import { startEdge } from './edge.ts'
import { cannedService, closedPort, rawService } from './service.ts'

const quick = { connectMs: 200, headersMs: 100, idleMs: 100 }

type Refusal = { code: string; status: number; requestId: string; supportCode: string }

async function refusalOf(port: number, options: { method?: string } = {}) {
  const answer = await ask(port, options)
  assert.equal(answer.headers['content-type'], 'application/problem+json')
  const body = JSON.parse(answer.body) as Refusal
  assert.equal(body.status, answer.status)
  assert.equal(answer.headers['x-request-id'], body.requestId)
  return { ...body, proxyStatus: answer.headers['proxy-status'] }
}

test('a service that is not there is 502 upstream_unreachable', async () => {
  const port = await closedPort()
  await using edge = await startEdge({ targets: [`http://127.0.0.1:${port}`] })
  const refusal = await refusalOf(edge.port)
  assert.equal(refusal.status, 502)
  assert.equal(refusal.code, 'upstream_unreachable')
  assert.match(refusal.supportCode, /^.{4}-.{4}$/)
  assert.equal(
    refusal.proxyStatus,
    'sallyport; error=connection_refused; details="upstream_unreachable"',
  )
  const outcome = await edge.outcome(0)
  assert.equal(outcome.code, 'upstream_unreachable')
  assert.match(outcome.found ?? '', /ECONNREFUSED/)
  assert.match(outcome.detail ?? '', new RegExp(String(port)))
})

test('a service that sends garbage is 502 upstream_response_invalid, with what it sent for the operator', async () => {
  await using service = await cannedService('SSH-2.0-OpenSSH_9.2\r\n')
  await using edge = await startEdge({ targets: [service.url] })
  const refusal = await refusalOf(edge.port)
  assert.equal(refusal.status, 502)
  assert.equal(refusal.code, 'upstream_response_invalid')
  assert.doesNotMatch(JSON.stringify(refusal), /SSH/)
  assert.match((await edge.outcome(0)).found ?? '', /SSH-2\.0/)
})

test('a service that says nothing is 504 upstream_timeout after headersMs', async () => {
  await using service = await rawService(() => {})
  await using edge = await startEdge({ targets: [service.url], timeouts: quick })
  const refusal = await refusalOf(edge.port)
  assert.equal(refusal.status, 504)
  assert.equal(refusal.code, 'upstream_timeout')
  await until(() => service.sockets[0]?.readableEnded === true, 'the connection is closed')
})

test('a service that closes without an answer is 502 upstream_connection_lost', async () => {
  await using service = await rawService((socket) => socket.end())
  await using edge = await startEdge({ targets: [service.url] })
  const refusal = await refusalOf(edge.port)
  assert.equal(refusal.status, 502)
  assert.equal(refusal.code, 'upstream_connection_lost')
  assert.equal(service.sockets.length, 1)
})

test('a service that resets the connection is 502 upstream_connection_lost', async () => {
  await using service = await rawService((socket) => socket.resetAndDestroy())
  await using edge = await startEdge({ targets: [service.url] })
  assert.equal((await refusalOf(edge.port)).code, 'upstream_connection_lost')
})

test('a service that half-closes before its answer is 502 upstream_connection_lost', async () => {
  await using service = await rawService(
    () => {},
    (socket) => socket.end(),
  )
  await using edge = await startEdge({ targets: [service.url] })
  assert.equal((await refusalOf(edge.port)).code, 'upstream_connection_lost')
})

test('a service that half-closes behind a whole answer has answered', async () => {
  await using service = await rawService((socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  )
  await using edge = await startEdge({ targets: [service.url] })
  assert.equal((await ask(edge.port)).body, 'ok')
  assert.equal((await ask(edge.port)).body, 'ok')
  assert.equal(service.sockets.length, 2)
})

const cutOff: [string, string][] = [
  ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
]

for (const [what, bytes] of cutOff) {
  test(`an answer ${what} that breaks off is cut off for the client too`, async () => {
    await using service = await rawService((socket) => {
      socket.write(bytes)
      setTimeout(() => socket.end(), 20)
    })
    await using edge = await startEdge({ targets: [service.url] })
    const answer = await ask(edge.port)
    assert.equal(answer.body, 'half')
    assert.equal(answer.isComplete, false)
    const outcome = await edge.outcome(0)
    assert.equal(outcome.aborted, true)
    assert.equal(outcome.code, 'upstream_connection_lost')
  })

  test(`an answer ${what} that stalls is cut off after idleMs`, async () => {
    await using service = await cannedService(bytes)
    await using edge = await startEdge({ targets: [service.url], timeouts: quick })
    const answer = await ask(edge.port)
    assert.equal(answer.isComplete, false)
    assert.equal((await edge.outcome(0)).code, 'upstream_connection_lost')
  })
}

test('an answer until the end of the connection that ends in a reset is cut off', async () => {
  await using service = await rawService((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\nhalf')
    setTimeout(() => socket.resetAndDestroy(), 20)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const answer = await ask(edge.port)
  assert.equal(answer.body, 'half')
  assert.equal(answer.isComplete, false)
})

test('an answer in chunks that becomes garbage is cut off', async () => {
  await using service = await rawService((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    setTimeout(() => socket.write('zz\r\n'), 20)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const answer = await ask(edge.port)
  assert.equal(answer.isComplete, false)
  assert.equal((await edge.outcome(0)).code, 'upstream_response_invalid')
})

test('a client of HTTP/1.0 learns by a reset that its answer was cut off', async () => {
  await using service = await rawService((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
    setTimeout(() => socket.destroy(), 20)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const socket = net.connect(edge.port, '127.0.0.1')
  let error: NodeJS.ErrnoException | undefined
  socket.on('error', (reason) => {
    error = reason
  })
  socket.write('GET / HTTP/1.0\r\n\r\n')
  await collect(socket)
  assert.equal(error?.code, 'ECONNRESET')
})

test('bytes behind a complete answer end the connection, and reach no other request', async () => {
  let count = 0
  await using service = await rawService((socket) => {
    count++
    socket.write(
      count === 1
        ? 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
        : 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond',
    )
  })
  await using edge = await startEdge({ targets: [service.url] })
  assert.equal((await ask(edge.port)).body, 'first')
  assert.equal((await ask(edge.port)).body, 'second')
  assert.equal(service.sockets.length, 2)
})

test('bytes that come on an idle connection end it', async () => {
  await using service = await cannedService('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  await using edge = await startEdge({ targets: [service.url] })
  await ask(edge.port)
  assert.equal(edge.upstream.snapshot().targets[0]?.idle, 1)
  service.sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
  await until(() => edge.upstream.snapshot().targets[0]?.connections === 0, 'it is closed')
  assert.equal((await ask(edge.port)).body, 'ok')
})

test('an answer to HEAD with content behind it ends the connection', async () => {
  await using service = await cannedService('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
  await using edge = await startEdge({ targets: [service.url] })
  assert.equal((await ask(edge.port, { method: 'HEAD' })).status, 200)
  assert.equal((await ask(edge.port, { method: 'HEAD' })).status, 200)
  assert.equal(service.sockets.length, 2)
})

test('100 MB of header fields cost one bounded buffer', async () => {
  const piece = `X-A: ${'a'.repeat(1_000)}\r\n`.repeat(64)
  let sent = 0
  await using service = await rawService((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const pump = () => {
      while (!socket.destroyed && sent < 100_000_000) {
        sent += piece.length
        if (!socket.write(piece)) break
      }
    }
    socket.on('drain', pump)
    pump()
  })
  await using edge = await startEdge({ targets: [service.url] })
  assert.equal((await refusalOf(edge.port)).code, 'upstream_response_invalid')
  assert.ok(sent < 20_000_000, `${sent} bytes were taken`)
})

test('a head that comes a byte at a time is read', async () => {
  const bytes =
    'HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n'
  const drip = async (socket: net.Socket): Promise<void> => {
    socket.setNoDelay(true)
    for (const byte of bytes) {
      socket.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await using service = await rawService((socket) => void drip(socket))
  await using edge = await startEdge({ targets: [service.url] })
  const answer = await ask(edge.port, { headers: { TE: 'trailers' } })
  assert.equal(answer.body, 'ok')
  assert.equal(answer.headers['x-a'], 'b')
  assert.equal(answer.trailers['x-t'], '1')
})

test('a head that never ends is 504 after headersMs, however slowly it drips', async () => {
  await using service = await rawService((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => socket.write('X-A: b\r\n'), 10)
    socket.on('close', () => clearInterval(timer))
  })
  await using edge = await startEdge({ targets: [service.url], timeouts: quick })
  assert.equal((await refusalOf(edge.port)).code, 'upstream_timeout')
})

test('an exchange that takes longer than totalMs is ended', async () => {
  await using service = await rawService((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const timer = setInterval(() => socket.write('1\r\nx\r\n'), 10)
    socket.on('close', () => clearInterval(timer))
  })
  await using edge = await startEdge({ targets: [service.url], timeouts: { totalMs: 150 } })
  const answer = await ask(edge.port)
  assert.equal(answer.isComplete, false)
  assert.equal((await edge.outcome(0)).code, 'upstream_timeout')
})

test('a client that stops in the middle of its request is 408, and the service is let go', async () => {
  await using service = await rawService(() => {})
  await using edge = await startEdge({ targets: [service.url], timeouts: quick })
  const text = await sendRaw(
    edge.port,
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf',
  )
  assert.match(text, /^HTTP\/1\.1 408 /)
  assert.equal((await edge.outcome(0)).code, 'request_timeout')
  assert.ok(service.sockets[0]?.readableEnded)
})

test('one broken answer leaves every other request alone', async () => {
  await using service = await rawService((socket, request) => {
    if (request.startsWith('GET /bad')) socket.write('garbage\r\n\r\n')
    else setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 30)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const paths = ['/1', '/bad', '/2', '/bad', '/3']
  const answers = await Promise.all(paths.map((path) => ask(edge.port, { path })))
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 502, 200, 502, 200],
  )
})
