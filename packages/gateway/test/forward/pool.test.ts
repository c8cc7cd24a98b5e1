import assert from 'node:assert/strict'
import http from 'node:http'
import net from 'node:net'
import { test } from 'node:test'
import { ask, until } from './client.ts'
import { startEdge } from './edge.ts'
import { cannedService, closedPort, httpService, rawService } from './service.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test('never opens more connections than the bound, and serves all that wait', async () => {
  let busy = 0
  let most = 0
  await using service = await httpService((_req, res) => {
    most = Math.max(most, ++busy)
    setTimeout(() => {
      busy--
      res.end('ok')
    }, 10)
  })
  await using edge = await startEdge({
    targets: [service.url],
    pool: { maxConnectionsPerTarget: 3 },
  })
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(edge.port)))
  assert.ok(answers.every((answer) => answer.body === 'ok'))
  assert.equal(most, 3)
  assert.equal(service.sockets.length, 3)
})

test('a request that finds the queue full is 503 upstream_busy at once', async () => {
  await using service = await rawService(() => {})
  await using edge = await startEdge({
    targets: [service.url],
    pool: { maxConnectionsPerTarget: 1, maxWaiting: 1 },
    timeouts: { headersMs: 1_500, connectMs: 5_000 },
  })
  const first = ask(edge.port)
  await until(() => service.received[0] !== undefined && service.received[0] !== '', 'the first')
  const second = ask(edge.port)
  await until(() => edge.upstream.snapshot().targets[0]?.waiting === 1, 'the second waits')
  const third = await ask(edge.port)
  assert.equal(third.status, 503)
  assert.match(third.body, /upstream_busy/)
  assert.equal((await first).status, 504)
  assert.equal((await second).status, 504)
})

test('a request waits no longer than connectMs for a connection', async () => {
  await using service = await rawService(() => {})
  await using edge = await startEdge({
    targets: [service.url],
    pool: { maxConnectionsPerTarget: 1 },
    timeouts: { connectMs: 100, headersMs: 5_000 },
  })
  const controller = http.get({ port: edge.port, agent: false }).on('error', () => {})
  await until(() => service.sockets.length === 1, 'the first')
  const answer = await ask(edge.port)
  assert.equal(answer.status, 503)
  assert.match(answer.body, /upstream_busy/)
  controller.destroy()
})

test('an unused connection is closed after pool.idleMs', async () => {
  await using service = await cannedService(ok)
  await using edge = await startEdge({ targets: [service.url], pool: { idleMs: 1_000 } })
  await ask(edge.port)
  assert.equal(edge.upstream.snapshot().targets[0]?.idle, 1)
  await until(() => edge.upstream.snapshot().targets[0]?.connections === 0, 'it is closed')
})

test('a connection that the service will close within a second is not kept', async () => {
  await using service = await cannedService(
    ok.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=1\r\n\r\n'),
  )
  await using edge = await startEdge({ targets: [service.url] })
  await ask(edge.port)
  await until(() => edge.upstream.snapshot().targets[0]?.connections === 0, 'it is closed')
})

// Answers the first request of a connection, and closes when the second comes: what a service does
// that closes an idle connection in the moment in which it is used again.
function closingService() {
  const counts = new Map<net.Socket, number>()
  return rawService((socket) => {
    const count = (counts.get(socket) ?? 0) + 1
    counts.set(socket, count)
    if (count === 1) socket.write(ok)
    else socket.destroy()
  })
}

for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
  test(`${method} without content is sent again when a reused connection was closed`, async () => {
    await using service = await closingService()
    await using edge = await startEdge({ targets: [service.url] })
    await ask(edge.port)
    assert.equal((await ask(edge.port, { method })).status, 200)
    assert.equal(service.sockets.length, 2)
    assert.equal(edge.upstream.snapshot().retries, 1)
  })
}

test('POST is not sent again when a reused connection was closed', async () => {
  await using service = await closingService()
  await using edge = await startEdge({ targets: [service.url] })
  await ask(edge.port)
  const answer = await ask(edge.port, { method: 'POST' })
  assert.equal(answer.status, 502)
  assert.match(answer.body, /upstream_connection_lost/)
  assert.equal(edge.upstream.snapshot().retries, 0)
})

test('a request whose content was begun is not sent again', async () => {
  await using service = await closingService()
  await using edge = await startEdge({ targets: [service.url] })
  await ask(edge.port)
  assert.equal((await ask(edge.port, { method: 'PUT', body: 'content' })).status, 502)
})

test('a request on a new connection is not sent again', async () => {
  let requests = 0
  await using service = await rawService((socket) => {
    requests++
    socket.destroy()
  })
  await using edge = await startEdge({ targets: [service.url], retries: 3 })
  assert.equal((await ask(edge.port)).status, 502)
  assert.equal(requests, 1)
})

test('a request that got a byte of an answer is not sent again', async () => {
  let requests = 0
  await using service = await rawService((socket) => {
    if (++requests === 1) socket.write(ok)
    else socket.write('HTTP/1.1 2', () => socket.destroy())
  })
  await using edge = await startEdge({ targets: [service.url], retries: 3 })
  await ask(edge.port)
  assert.equal((await ask(edge.port)).status, 502)
  assert.equal(requests, 2)
})

test('no request is sent again with retries 0', async () => {
  await using service = await closingService()
  await using edge = await startEdge({ targets: [service.url], retries: 0 })
  await ask(edge.port)
  assert.equal((await ask(edge.port)).status, 502)
})

test('a request that no connection could be made for goes to another target, also a POST', async () => {
  const dead = `http://127.0.0.1:${await closedPort()}`
  await using service = await httpService((req, res) => req.pipe(res))
  await using edge = await startEdge({ targets: [dead, service.url], balance: 'roundRobin' })
  for (let index = 0; index < 4; index++) {
    const answer = await ask(edge.port, { method: 'POST', body: 'content' })
    assert.equal(answer.body, 'content')
  }
})

test('a client that leaves ends the work for it at the service', async () => {
  await using service = await rawService(() => {})
  await using edge = await startEdge({ targets: [service.url] })
  const socket = net.connect(edge.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => service.received[0] !== undefined && service.received[0] !== '', 'it is asked')
  socket.destroy()
  await until(() => service.sockets[0]?.readableEnded === true, 'the connection is closed')
  const outcome = await edge.outcome(0)
  assert.equal(outcome.aborted, true)
  assert.equal(outcome.status, 0)
  assert.equal(edge.upstream.snapshot().targets[0]?.outstanding, 0)
})

test('a client that leaves the queue takes no connection', async () => {
  await using service = await rawService(() => {})
  await using edge = await startEdge({
    targets: [service.url],
    pool: { maxConnectionsPerTarget: 1 },
  })
  const first = net.connect(edge.port, '127.0.0.1')
  first.write('GET /1 HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => service.sockets.length === 1, 'the first')
  const second = net.connect(edge.port, '127.0.0.1')
  second.write('GET /2 HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => edge.upstream.snapshot().targets[0]?.waiting === 1, 'the second waits')
  second.destroy()
  await until(() => edge.upstream.snapshot().targets[0]?.waiting === 0, 'it left')
  first.destroy()
})

test('close waits for what is under way', async () => {
  await using service = await rawService((socket) => {
    setTimeout(() => socket.write(ok), 50)
  })
  await using edge = await startEdge({ targets: [service.url] })
  const answer = ask(edge.port)
  await until(() => edge.upstream.snapshot().targets[0]?.outstanding === 1, 'it is under way')
  await edge.upstream.close()
  assert.equal((await answer).body, 'ok')
  await until(() => edge.upstream.snapshot().targets[0]?.connections === 0, 'nothing is kept')
})
