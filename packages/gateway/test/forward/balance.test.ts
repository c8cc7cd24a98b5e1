import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, until } from './client.ts'
import { startEdge } from './edge.ts'
import { closedPort, httpService } from './service.ts'

test('round robin gives each target its turn', async () => {
  const counts = [0, 0, 0]
  await using first = await httpService((_req, res) => res.end(String(counts[0]!++)))
  await using second = await httpService((_req, res) => res.end(String(counts[1]!++)))
  await using third = await httpService((_req, res) => res.end(String(counts[2]!++)))
  await using edge = await startEdge({
    targets: [first.url, second.url, third.url],
    balance: 'roundRobin',
  })
  for (let index = 0; index < 9; index++) await ask(edge.port)
  assert.deepEqual(counts, [3, 3, 3])
})

test('least outstanding spares a target that is slow', async () => {
  let slow = 0
  let fast = 0
  await using first = await httpService((_req, res) => {
    slow++
    setTimeout(() => res.end(), 200)
  })
  await using second = await httpService((_req, res) => {
    fast++
    res.end()
  })
  await using edge = await startEdge({ targets: [first.url, second.url] })
  const waiting = [ask(edge.port), ask(edge.port)]
  await until(() => slow + fast === 2, 'both were asked')
  for (let index = 0; index < 10; index++) await ask(edge.port)
  assert.equal(slow, 1)
  assert.equal(fast, 11)
  await Promise.all(waiting)
})

test('failures in a row take a target out, and a trial after ejectMs brings it back', async () => {
  let isBroken = true
  let asked = 0
  await using weak = await httpService((req, res) => {
    asked++
    if (isBroken) req.socket.destroy()
    else res.end('weak')
  })
  await using strong = await httpService((_req, res) => res.end('strong'))
  await using edge = await startEdge({
    targets: [weak.url, strong.url],
    balance: 'roundRobin',
    health: { unhealthyAfter: 2, ejectMs: 2_000 },
  })
  for (let index = 0; index < 10; index++) await ask(edge.port)
  assert.equal(asked, 2)
  assert.deepEqual(edge.messages, ['target taken out'])
  assert.equal(edge.upstream.snapshot().targets[0]?.isAvailable, false)
  isBroken = false
  await new Promise((resolve) => setTimeout(resolve, 2_100))
  const bodies: string[] = []
  for (let index = 0; index < 4; index++) bodies.push((await ask(edge.port)).body)
  assert.ok(bodies.includes('weak'))
  assert.deepEqual(edge.messages, ['target taken out', 'target is back'])
})

test('the only target is tried even when its requests failed', async () => {
  let isBroken = true
  await using service = await httpService((req, res) => {
    if (isBroken) req.socket.destroy()
    else res.end('ok')
  })
  await using edge = await startEdge({ targets: [service.url], health: { unhealthyAfter: 1 } })
  await ask(edge.port)
  isBroken = false
  assert.equal((await ask(edge.port)).body, 'ok')
})

test('a target whose health check fails gets no request, until its checks succeed again', async () => {
  let isHealthy = false
  let asked = 0
  await using service = await httpService((req, res) => {
    if (req.url === '/health') res.writeHead(isHealthy ? 204 : 500).end()
    else {
      asked++
      res.end('ok')
    }
  })
  await using edge = await startEdge({
    targets: [service.url],
    health: { path: '/health', intervalMs: 10, unhealthyAfter: 2, healthyAfter: 2 },
  })
  await until(() => edge.messages.length === 1, 'it is taken out')
  const answer = await ask(edge.port)
  assert.equal(answer.status, 503)
  assert.match(answer.body, /upstream_unavailable/)
  assert.equal(asked, 0)
  isHealthy = true
  await until(() => edge.messages.length === 2, 'it is back')
  assert.equal((await ask(edge.port)).body, 'ok')
})

test('a target that does not answer its health check in time is taken out', async () => {
  await using service = await httpService(() => {})
  await using edge = await startEdge({
    targets: [service.url, `http://127.0.0.1:${await closedPort()}`],
    health: { path: '/health', intervalMs: 10, timeoutMs: 30, unhealthyAfter: 2 },
  })
  await until(() => edge.messages.length === 2, 'both are taken out')
  assert.equal((await ask(edge.port)).status, 503)
})
