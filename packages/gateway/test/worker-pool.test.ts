import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildNetworkTree } from '../src/addresses/network-tree.ts'
import { temporaryBlocksBuffer } from '../src/addresses/temporary-blocks.ts'
import { claimPorts } from '../src/control/claim-ports.ts'
import { WorkerPool } from '../src/control/worker-pool.ts'
import { CounterMemory } from '../src/counters/counter-memory.ts'
import { statusControl } from '../src/status/status-control.ts'
import { createStatusTable } from '../src/status/status-table.ts'
import type { WorkerStart } from '../src/worker/messages.ts'
import { eventually } from './support/client.ts'

const keys = {
  provenKeys: 1024,
  claimedKeys: 1024,
  replayKeys: 1024,
  knownKeys: 1024,
  openKeys: 1024,
}
const noNetworks = buildNetworkTree([])
const start: WorkerStart = {
  instance: 'gwi_aaaaaaaaaaaaaaaaaaaaaaaaaa',
  listen: (await claimPorts([{ name: '127.0.0.1:0', host: '127.0.0.1', port: 0 }])).addresses,
  sharesPorts: true,
  plan: {
    gatewayUri: 'spiffe://example.com/gateway/gateway-1',
    minVersion: '1.3',
    listeners: [{ name: '127.0.0.1:0', isPlain: false, proxyFrom: undefined, hop: undefined }],
    hosts: [],
    defaultHost: undefined,
    upstreams: {},
    identityProviders: {},
    access: { roles: {} },
    decisions: undefined,
    counters: { redis: undefined, whenAway: 'local' },
    status: { warnAfterSeconds: 1, sensitiveAfterSeconds: 2, stopAfterSeconds: 3 },
    limits: {
      maxConnections: 10,
      maxConnectionsPerAddress: 0,
      maxPendingHandshakes: 10,
      handshakeSeconds: 1,
      headerBytes: 16_384,
      headersSeconds: 1,
      requestSeconds: 1,
      idleSeconds: 1,
      pipelinedRequests: 1,
      concurrentStreams: 1,
      streamResets: 1,
      unreadySeconds: 0,
      drainSeconds: 1,
    },
    allowDevelopment: false,
    accessLog: false,
    closesBlockedConnections: false,
  },
  decisions: undefined,
  trust: { revision: 0, issuers: [], ticketSecret: new Uint8Array(32) },
  assertionKey: undefined,
  credentials: { issued: {}, staples: {}, challenges: {} },
  control: statusControl().buffer,
  openGlass: [],
  table: createStatusTable(0).buffer,
  counters: new CounterMemory(keys, 2).seat(0),
  addresses: { allow: undefined, deny: noNetworks, exempt: noNetworks, lists: [] },
  addressBlocks: temporaryBlocksBuffer(),
}

test('a worker that breaks is replaced, and it is said', async (t) => {
  const said: string[] = []
  const note = (_: unknown, message: string) => void said.push(message)
  const gone: number[] = []
  const pool = new WorkerPool({
    log: { debug: note, info: note, warn: note, error: note },
    start: () => start,
    onMessage: () => {},
    onEnded: (worker) => gone.push(worker.index),
  })
  t.after(() => pool.close())
  await pool.start(2)
  const [first] = pool.workers
  assert(first !== undefined)
  await first.thread.terminate()
  await eventually(() => pool.restarts === 1 && pool.workers.filter((w) => w.isReady).length === 2)
  assert.deepEqual(gone, [0])
  assert(said.includes('a worker is replaced'))
  const counted = await pool.metrics()
  assert.equal(counted.length, 2)
  await pool.workers[0]?.thread.terminate()
  await eventually(() => pool.restarts === 2 && pool.workers.filter((w) => w.isReady).length === 2)
  assert.equal((await pool.metrics()).length, 3, 'what it counted is not lost')
})

test('a worker that cannot start says why, and leaves none behind', async () => {
  const note = () => {}
  const pool = new WorkerPool({
    log: { debug: note, info: note, warn: note, error: note },
    start: () => ({
      ...start,
      plan: {
        ...start.plan,
        hosts: [
          {
            name: 'api.example.com',
            clientCertificate: 'off',
            pair: { certificate: 'none', key: 'none' },
            stapling: 'auto',
            foreignIssuers: [],
            stages: {},
            routes: [],
          },
        ],
      },
    }),
    onMessage: () => {},
    onEnded: () => {},
  })
  await assert.rejects(pool.start(1), /certificate and key of the host api\.example\.com/)
  await eventually(() => pool.workers.length === 0)
})
