import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2, constants } from 'node:http2'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Development, endLeftOver, isAlive } from '../sallyport.ts'
import { open, type Place, placeOf } from './connection.ts'
import { hostLike, ownIdentity, startEdited } from './edited-development.ts'
import { startLoad } from './load.ts'

const growthLimitMb = 150

let dev: Development
let service: Awaited<ReturnType<typeof startHostileService>>
before(async () => {
  service = await startHostileService()
  dev = await startEdited((config) => {
    const { gateway } = config
    gateway.limits = { handshakeSeconds: 2, headersSeconds: 2 }
    gateway.upstreams['hostile'] = { targets: [service.url], timeouts: { headersMs: 1_000 } }
    gateway.hosts['hostile.test'] = hostLike(config, 'off', 'hostile')
    gateway.hosts['off.test'] = hostLike(config, 'off')
  })
})
after(async () => {
  await dev.end()
  service.close()
})
after(endLeftOver)

test(`under all bad input at once a gateway grows by less than ${growthLimitMb} MB, and loses no request of others`, async (t) => {
  const { facts } = dev
  const load = await startLoad(placeOf(facts), ownIdentity(dev))
  await sleep(1_000)
  const memory = watchMemory(facts.gatewayPid)
  let failures: string[]
  try {
    await Promise.all(
      floods.map(async ({ name, run }) => {
        const startedAt = performance.now()
        const answer = await run(placeOf(facts, 'off.test'))
        const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
        t.diagnostic(`${name}: ${answer} in ${seconds} s`)
      }),
    )
  } finally {
    memory.end()
    failures = await load.end()
  }
  const { beforeMb, peakMb } = memory
  t.diagnostic(`${beforeMb.toFixed(0)} MB before, at most ${peakMb.toFixed(0)} MB under it`)
  assert.deepEqual(failures, [])
  assert.ok(isAlive(facts.gatewayPid))
  assert.doesNotMatch(dev.stderr(), /gateway: ended/)
  assert.ok(peakMb - beforeMb < growthLimitMb, `${peakMb - beforeMb} MB`)
})

/** Each resolves with words once all that it sent was refused or closed. */
const floods: readonly { name: string; run: (place: Place) => Promise<string> }[] = [
  {
    name: 'header blocks of 100 MB',
    run: (place) =>
      times(4, async () => {
        const socket = await open(place)
        const answer = untilClosed(socket)
        socket.write(`GET / HTTP/1.1\r\nHost: ${place.host}\r\n`)
        const field = Buffer.from(`X-Filler: ${'a'.repeat(65_000)}\r\n`)
        for (let sent = 0; sent < 100 * 1024 * 1024 && socket.writable; sent += field.length) {
          if (!socket.write(field)) await Promise.race([drained(socket), answer])
        }
        return codeIn(await answer)
      }),
  },
  {
    name: 'header sections that drip',
    run: (place) =>
      times(100, async () => {
        const socket = await open(place)
        const answer = untilClosed(socket)
        socket.write(`GET / HTTP/1.1\r\nHost: ${place.host}\r\n`)
        const drip = setInterval(() => socket.writable && socket.write('X-A: b\r\n'), 250)
        socket.once('close', () => clearInterval(drip))
        return codeIn(await answer)
      }),
  },
  {
    name: 'halves of a ClientHello',
    run: ({ port }) =>
      times(300, async () => {
        const socket = connectTcp(port, '127.0.0.1')
        socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]))
        await untilClosed(socket)
        return 'closed'
      }),
  },
  ...Object.entries({
    'both Content-Length and Transfer-Encoding':
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a header with NUL': 'X: a\0b\r\n\r\n',
    'a bare LF': 'X: a\nY: b\r\n\r\n',
    'an unknown upgrade': 'Connection: Upgrade, close\r\nUpgrade: tea\r\n\r\n',
  }).map(([name, rest]) => ({
    name,
    run: (place: Place) =>
      times(50, async () => {
        const socket = await open(place)
        const answer = untilClosed(socket)
        socket.write(`POST / HTTP/1.1\r\nHost: ${place.host}\r\n${rest}`)
        return codeIn(await answer)
      }),
  })),
  {
    name: 'streams that are opened and reset',
    run: (place) =>
      times(4, async () => {
        const socket = await open(place, { ALPNProtocols: ['h2'] })
        const session = connectHttp2(`https://${place.host}`, { createConnection: () => socket })
        session.on('error', () => {})
        let code: number | undefined
        session.on('goaway', (errorCode) => {
          code = errorCode
        })
        const closed = new Promise((resolve) => session.once('close', resolve))
        for (let round = 0; round < 500 && !session.destroyed && !session.closed; round++) {
          for (let stream = 0; stream < 50 && !session.destroyed && !session.closed; stream++) {
            const request = session.request({ ':path': '/', ':authority': place.host })
            request.on('error', () => {})
            request.close(constants.NGHTTP2_CANCEL)
          }
          await sleep(1)
        }
        await closed
        return code === constants.NGHTTP2_ENHANCE_YOUR_CALM ? 'ENHANCE_YOUR_CALM' : 'closed'
      }),
  },
  ...['/midway', '/garbage', '/nothing'].map((path) => ({
    name: `a service that answers with ${path.slice(1)}`,
    run: (place: Place) =>
      times(30, async () => {
        const hostile = { ...place, host: 'hostile.test' }
        const socket = await open(hostile)
        const answer = untilClosed(socket)
        socket.write(`GET ${path} HTTP/1.1\r\nHost: hostile.test\r\nConnection: close\r\n\r\n`)
        return codeIn(await answer)
      }),
  })),
]

/** As many at once; how many ended in which way. Each must have been refused. */
async function times(count: number, run: () => Promise<string>): Promise<string> {
  const outcomes = await Promise.all(Array.from({ length: count }, run))
  const counted = Map.groupBy(outcomes, (outcome) => outcome)
  return [...counted].map(([outcome, { length }]) => `${length} ${outcome}`).join(', ')
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', () => resolve()))
}

/** What was said until the connection ended. */
async function untilClosed(socket: Socket | TLSSocket): Promise<string> {
  let text = ''
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

function codeIn(text: string): string {
  assert.doesNotMatch(text, /^HTTP\/1\.1 200[^]*\r\n\r\n\{/, 'nothing of it is served')
  return /"code":"([a-z_0-9]+)"/.exec(text)?.[1] ?? (text === '' ? 'closed' : 'cut off')
}

/** The resident memory of a process, looked at twenty times a second. */
function watchMemory(pid: number): { beforeMb: number; peakMb: number; end(): void } {
  const residentMb = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  const watched = { beforeMb: residentMb(), peakMb: 0, end: () => clearInterval(timer) }
  const timer = setInterval(() => {
    watched.peakMb = Math.max(watched.peakMb, residentMb())
  }, 50)
  return watched
}

/** Closes midway, sends garbage, or sends nothing, as the path says. */
async function startHostileService(): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      const head = chunk.toString('latin1')
      if (head.includes(' /midway ')) {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf')
      } else if (head.includes(' /garbage ')) {
        socket.end(Buffer.alloc(1_000, 0x80))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
