import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import {
  ask,
  open,
  openWebSocket,
  type Place,
  placeOf,
  sessionOf,
} from '../acceptance/connection.ts'
import { enrollDevice } from '../acceptance/edited-development.ts'
import { hasPrograms, isInstalled } from '../acceptance/program.ts'
import { startService } from '../acceptance/service.ts'
import { type Development, endLeftOver, sallyport } from '../sallyport.ts'
import { startDecided } from './decided-deployment.ts'
import { grpcCall, startGrpcService } from './grpc-service.ts'
import { holdStream } from './held-stream.ts'
import { proxyPrograms, type ProxyName, type RealProxy, startProxy } from './real-proxy.ts'
import { type RunningAgent, startAgent } from './running-agent.ts'

// The table of the guide, measured: what is left of a device one second after `devices revoke` has returned.

const page = fileURLToPath(new URL('../../../../../docs/guide/beside-a-proxy.md', import.meta.url))
const columns = ['fresh', 'resumed', 'open HTTP/1', 'HTTP/2 stream', 'WebSocket', 'gRPC'] as const
type Column = (typeof columns)[number]
type Cell = 'refused' | 'ended' | 'goes on'

const waitMs = 1_000

let service: Awaited<ReturnType<typeof startService>>
let grpc: Awaited<ReturnType<typeof startGrpcService>>
let dev: Development
before(async () => {
  service = await startService()
  grpc = await startGrpcService()
  dev = await startDecided(service.url, grpc.url)
})
after(async () => {
  await dev.end()
  await service.close()
  await grpc.close()
  endLeftOver()
})

test('the table of the guide: Sallyport’s own gateway', async () => {
  assert.deepEqual(told('Sallyport'), await measure(placeOf(dev.facts, 'api.test')))
})

for (const [name, row] of [
  ['nginx', 'nginx'],
  ['haproxy', 'HAProxy'],
  ['haproxy-agent', 'HAProxy with the agent'],
  ['caddy', 'Caddy'],
  ['envoy', 'Envoy'],
] as const satisfies (readonly [ProxyName, string])[]) {
  test(`the table of the guide: ${row}`, async (t) => {
    if (!hasPrograms(t, proxyPrograms[name].program)) return
    let agent: RunningAgent | undefined
    let proxy: RealProxy | undefined
    try {
      if (name === 'haproxy-agent') agent = await startAgent(dev.facts.configFile)
      const lists = agent === undefined ? [] : ['--lists', agent.lists]
      proxy = await startProxy(name, dev.facts.configFile, lists)
      // The agent has seen HAProxy by then.
      if (agent !== undefined) await pause(1_500)
      assert.deepEqual(
        told(row),
        await measure({ ...placeOf(dev.facts, 'api.test'), port: proxy.port }),
      )
    } finally {
      await proxy?.end()
      await agent?.end()
    }
  })
}

test('every proxy of the table can be had here', {
  skip: isInstalled('envoy') ? false : 'no envoy',
}, () => {
  assert.equal(rows().length, 6)
})

/** Opens one of each, revokes the device, and looks what is left. */
async function measure(place: Place): Promise<Record<Column, Cell>> {
  const device = await enrollDevice(dev)
  const shown: ConnectionOptions = { cert: device.cert, key: device.key }
  const session = await Promise.race([sessionOf(place, shown), pause(1_500)])
  const kept = await open(place, shown)
  assert.equal((await ask(kept, place)).status, 200)
  const stream = await holdStream(place, shown)
  const call = await holdStream(place, shown, grpcCall)
  const socket = await openWebSocket(place, shown)
  const left = { stream: true, call: true, socket: true }
  void stream.ended.then(() => (left.stream = false))
  void call.ended.then(() => (left.call = false))
  socket.on('close', () => (left.socket = false))

  const config = ['--config', dev.facts.configFile]
  const revoke = ['devices', 'revoke', device.id, '--yes', '--reason', 'stolen', ...config]
  const { code, stderr } = await sallyport(revoke)
  assert.equal(code, 0, stderr)
  await pause(waitMs)

  const resumption = Buffer.isBuffer(session) ? { ...shown, session } : shown
  const table = {
    fresh: await stateOf(() => open(place, shown), place),
    resumed: await stateOf(() => open(place, resumption), place),
    'open HTTP/1': kept.destroyed ? 'ended' : await stateOf(() => Promise.resolve(kept), place),
    'HTTP/2 stream': left.stream ? 'goes on' : 'ended',
    WebSocket: left.socket ? 'goes on' : 'ended',
    gRPC: left.call ? 'goes on' : 'ended',
  } as const satisfies Record<Column, Cell>
  stream.destroy()
  call.destroy()
  socket.destroy()
  return table
}

async function stateOf(connect: () => Promise<TLSSocket>, place: Place): Promise<Cell> {
  let socket: TLSSocket | undefined
  try {
    socket = await connect()
    const { status, text } = await ask(socket, place)
    assert.match(text, /device_revoked|^HTTP\/1.1 200 /)
    return status === 200 ? 'goes on' : 'refused'
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    return 'ended'
  } finally {
    socket?.destroy()
  }
}

function rows(): string[][] {
  return readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => /^\| .*\b(?:refused|ended|goes on)\b/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

/** What the page says: the first word or two of each cell; a number behind them is a note. */
function told(name: string): Record<Column, Cell> {
  const row = rows().find(([first]) => first === name)
  if (row === undefined) throw new Error(`${page} has no row ${name}`)
  const cells = columns.map((column, index) => [
    column,
    /^(?:refused|ended|goes on)/.exec(row[index + 1] ?? '')?.[0],
  ])
  return Object.fromEntries(cells) as Record<Column, Cell>
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
