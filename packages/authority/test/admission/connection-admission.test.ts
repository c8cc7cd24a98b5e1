import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionAdmission } from '../../src/admission/connection-admission.ts'
import { Holders } from '../../src/admission/holders.ts'

/** A server whose connections are admitted; each is told by the address that it came from. */
async function startServer(holders: Holders) {
  const admission = new ConnectionAdmission(holders)
  const order: string[] = []
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    order.push(String(socket.remoteAddress))
    socket.end('admitted')
    // What strangers cost.
    const until = performance.now() + 1
    while (performance.now() < until);
  })
  admission.guard(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const call = (localAddress: string): Promise<string> =>
    new Promise((resolve) => {
      let text = ''
      const socket: Socket = connect({ port, host: '127.0.0.1', localAddress })
      socket.on('data', (piece: Buffer) => {
        text += piece.toString()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
    })
  after(() => server.close())
  return { admission, order, call, close: () => server.close() }
}

test('where a device called from lately, a connection goes before a flood of others', async () => {
  const holders = new Holders()
  const { admission, order, call } = await startServer(holders)
  holders.note('127.9.0.1')
  const flood = Array.from({ length: 200 }, (_, host) => call(`127.1.0.${host + 1}`))
  const phone = call('127.9.0.1')
  assert.equal(await phone, 'admitted')
  assert.ok(order.indexOf('127.9.0.1') < 20, `${order.indexOf('127.9.0.1')} went before it`)
  assert.ok((await Promise.all(flood)).every((answer) => answer === 'admitted'))
  assert.deepEqual(admission.counts, { waiting: 0, expected: 1, admitted: 200, dropped: 0 })
})

test('a network that begins many connections waits behind one that begins few', async () => {
  const { order, call } = await startServer(new Holders())
  const flood = Array.from({ length: 200 }, (_, at) => call(`127.1.0.${(at % 10) + 1}`))
  const phone = call('127.9.0.1')
  await Promise.all([...flood, phone])
  assert.ok(order.indexOf('127.9.0.1') < 60, `${order.indexOf('127.9.0.1')} went before it`)
})

test('a connection whose client left while it waited harms nobody, and what waits at the end is closed', async () => {
  const { admission, call, close } = await startServer(new Holders())
  const flood = Array.from({ length: 100 }, (_, host) => call(`127.1.0.${host + 1}`))
  await sleep(5)
  admission.close()
  close()
  const answers = await Promise.all(flood)
  assert.ok(answers.every((answer) => answer === 'admitted' || answer === ''))
  assert.equal(admission.counts.waiting, 0)
})

/** When each of as many strangers was let in, who then send nothing: milliseconds after the first. */
async function letIn(holders: Holders, count: number): Promise<number[]> {
  const admission = new ConnectionAdmission(holders)
  const times: number[] = []
  const sockets: Socket[] = []
  const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.push(socket)
    times.push(performance.now())
  })
  admission.guard(server).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (let at = 0; at < count; at++) {
    sockets.push(connect({ port, host: '127.0.0.1', localAddress: `127.1.0.${at + 1}` }))
  }
  while (times.length < count) await sleep(5)
  for (const socket of sockets) socket.destroy()
  server.close()
  const [first = 0] = times
  return times.map((time) => time - first)
}

test('of strangers that send nothing few are let in at once, and the next ones after a while', async () => {
  const times = await letIn(new Holders(), 100)
  // Timers may come late, and never come early by more than a millisecond.
  for (const [at, after] of times.entries()) {
    assert.ok(after >= 49 * Math.floor(at / 32), `number ${at + 1} after ${after} ms`)
  }
})

test('while holders are about, fewer strangers are let in at once', async () => {
  // A clock that stands: the holder was there just now.
  const holders = new Holders({ now: () => 0 })
  holders.begin()()
  const times = await letIn(holders, 40)
  for (const [at, after] of times.entries()) {
    assert.ok(after >= 19 * Math.floor(at / 8), `number ${at + 1} after ${after} ms`)
  }
})
