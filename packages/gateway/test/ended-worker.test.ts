import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import type { Worker } from 'node:worker_threads'
import { ask, askOnce, connect, eventually } from './support/client.ts'
import { type Bed, route, startBed } from './support/gateway.ts'
import type { Identity } from './support/world.ts'

const host = 'api.example.com'
const maxAddresses = 8_000

/** A gateway, and the threads of its workers in the order of their start. */
async function startWatched(
  t: TestContext,
  rules: unknown[],
): Promise<Bed & { threads: Worker[] }> {
  const threads: Worker[] = []
  const note = (message: unknown) => void threads.push((message as { worker: Worker }).worker)
  subscribe('worker_threads', note)
  t.after(() => unsubscribe('worker_threads', note))
  const bed = await startBed(t, {
    hosts: {
      [host]: {
        clientCertificate: 'optional',
        routes: [route({ stages: { limits: { rules }, address: {} } })],
      },
    },
    gateway: { workers: 2 },
  })
  return { ...bed, threads }
}

const restarts = async (bed: Bed): Promise<number> => {
  const page = await (await fetch(`${bed.operations}/metrics`)).text()
  return Number(/^sallyport_worker_restarts_total (\d+)$/m.exec(page)?.[1])
}

test('workers that end under traffic leave no address unblocked, no lock, and are replaced', {
  timeout: 90_000,
}, async (t) => {
  const rules = [{ name: 'few', key: 'address', limit: 2, per: '1h', blockAddressFor: '10m' }]
  const bed = await startWatched(t, rules)
  const { threads } = bed
  const status = async (localAddress: string) =>
    (await askOnce(bed, undefined, '/', { localAddress }).catch(() => undefined))?.status
  const isOver = { value: false }
  const blocked = new Set<string>()
  let next = 0
  const client = async () => {
    while (!isOver.value && next < maxAddresses) {
      const address = `127.0.${1 + (next >> 7)}.${1 + (next++ & 127)}`
      for (let tries = 0; tries < 4 && !blocked.has(address); tries++) {
        if ((await status(address)) === 429) blocked.add(address)
      }
    }
  }
  const clients = Array.from({ length: 8 }, client)
  try {
    for (let round = 0; round < 5; round++) {
      await sleep(150 + round * 7)
      const running = threads.length
      await threads[running - 1]?.terminate()
      // Each waits a little longer than the one before.
      await eventually(() => threads.length > running)
    }
  } finally {
    isOver.value = true
    await Promise.all(clients)
  }
  assert.equal(await restarts(bed), 5)
  t.diagnostic(`${blocked.size} addresses were blocked while five workers ended`)
  assert(blocked.size > 20)
  const begun = performance.now()
  for (const address of [...blocked].slice(-60)) assert.equal(await status(address), 403, address)
  assert.equal(await status('127.1.1.1'), 200)
  assert(performance.now() - begun < 20_000)
})

/** A connection with an answer that does not end. What was under way before may count for a moment still. */
async function hold(bed: Bed, device: Identity): Promise<TLSSocket> {
  for (;;) {
    const socket = await connect(bed, device)
    socket.write(`GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    const [begun] = (await once(socket, 'data')) as [Buffer]
    if (begun.toString('latin1').startsWith('HTTP/1.1 200')) return socket
    socket.destroy()
  }
}

test('what a worker that ended had under way counts no more', { timeout: 90_000 }, async (t) => {
  const rules = [{ name: 'open', key: 'device', atOnce: 4 }]
  const bed = await startWatched(t, rules)
  const device = await bed.world.device()
  for (let round = 0; round < 2; round++) {
    const sockets = await Promise.all([1, 2, 3, 4].map(() => hold(bed, device)))
    await eventually(async () => (await askOnce(bed, device)).status === 429)
    const running = bed.threads.length
    for (const thread of bed.threads.slice(-2)) await thread.terminate()
    await eventually(() => bed.threads.length === running + 2)
    for (const socket of sockets) socket.destroy()
    await eventually(async () => {
      const again = await Promise.all(
        [1, 2, 3, 4].map(async () => {
          const socket = await connect(bed, device)
          const answer = await ask(socket, '/held?ms=100')
          socket.destroy()
          return answer.status
        }),
      ).catch(() => [])
      return again.length === 4 && again.every((status) => status === 200)
    })
  }
})
