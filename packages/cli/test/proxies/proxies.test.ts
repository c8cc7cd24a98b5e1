import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { open, placeOf } from '../acceptance/connection.ts'
import { enrollDevice, type Identity, ownIdentity } from '../acceptance/edited-development.ts'
import { foreignDevice } from '../acceptance/foreign-device.ts'
import { hasPrograms, isInstalled } from '../acceptance/program.ts'
import { startService } from '../acceptance/service.ts'
import { endLeftOver, sallyport } from '../sallyport.ts'
import { type DecidedDeployment, startDecided } from './decided-deployment.ts'
import { forgedDevice } from './forged-device.ts'
import { askingProxies, proxyPrograms, type RealProxy, startProxy } from './real-proxy.ts'
import { type Asker, type SharedCase, sharedCases } from './shared-cases.ts'

// Real proxies, configured as `integrate` prints, before one deployment: one table of cases for all.

let service: Awaited<ReturnType<typeof startService>>
let dev: DecidedDeployment
let askers: Record<Asker, Partial<Identity>>
before(async () => {
  service = await startService()
  dev = await startDecided(service.url)
  askers = {
    device: ownIdentity(dev),
    stranger: foreignDevice(),
    forger: await forgedDevice(dev),
    expired: await forgedDevice(dev, Date.now() - 60_000),
    nobody: {},
  }
})
after(async () => {
  await dev.end()
  await service.close()
})
after(endLeftOver)

/** HAProxy's scripts can show no certificate. */
const runs = [
  ...askingProxies.map((name) => ({ name, isAfar: false })),
  ...askingProxies.filter((name) => name !== 'haproxy').map((name) => ({ name, isAfar: true })),
]

for (const { name, isAfar } of runs) {
  describe(`${name} as printed${isAfar ? ' for another machine' : ''}`, () => {
    let proxy: RealProxy | undefined
    before(async () => {
      const more = isAfar ? dev.afar : []
      if (isThere(name)) proxy = await startProxy(name, dev.facts.configFile, more)
    })
    after(() => proxy?.end())

    for (const each of sharedCases) {
      test(each.what, async (t) => {
        if (!hasPrograms(t, proxyPrograms[name].program) || proxy === undefined) return
        const answer = await askThrough(proxy, each)
        assert.equal(answer.status, each.status, answer.text)
        for (const [field, pattern] of Object.entries(each.headers ?? {})) {
          assert.match(answer.headers[field] ?? '', pattern, answer.text)
        }
        if (each.code !== undefined) assert.match(answer.text, new RegExp(`"code":"${each.code}"`))
        if (each.seen !== undefined) assert.match(answer.text, each.seen)
        if (each.notSeen !== undefined) assert.doesNotMatch(answer.text, each.notSeen)
        assert.equal(answer.headers['sallyport-status'], undefined)
      })
    }

    test('a limit is told with each answer, and enforced', async (t) => {
      if (!hasPrograms(t, proxyPrograms[name].program) || proxy === undefined) return
      const device = await enrollDevice(dev)
      const place = { ...placeOf(dev.facts, 'api.test'), port: proxy.port }
      const socket = await open(place, device)
      const request = { what: '', as: 'device', path: '/limited', status: 200 } as const
      for (const status of [200, 200, 429]) {
        const answer = await send(socket, request)
        assert.equal(answer.status, status, answer.text)
        assert.match(answer.headers['ratelimit'] ?? '', /^"two";r=\d+;t=\d+$/, answer.text)
        if (status === 200) continue
        assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
        assert.match(answer.text, /"status":429/)
      }
      socket.destroy()
    })

    test('a revoked device is refused on its open connection, which ends where the proxy can', async (t) => {
      if (!hasPrograms(t, proxyPrograms[name].program) || proxy === undefined) return
      const device = await enrollDevice(dev)
      const place = { ...placeOf(dev.facts, 'api.test'), port: proxy.port }
      const socket = await open(place, device)
      const request = { what: '', as: 'device', path: '/v1/account', status: 200 } as const
      assert.equal((await send(socket, request)).status, 200)
      const config = ['--config', dev.facts.configFile]
      await sallyport(['devices', 'revoke', device.id, '--yes', '--reason', 'test', ...config])
      const refused = await send(socket, request)
      assert.equal(refused.status, 403, refused.text)
      assert.match(refused.text, /"code":"device_revoked"/)
      const closes = refused.headers['connection'] === 'close'
      assert.equal(closes, name !== 'envoy', refused.text)
      socket.destroy()
    })
  })
}

test('without a decision every proxy refuses', async (t) => {
  const names = askingProxies.filter(isThere)
  if (
    !hasPrograms(t, ...askingProxies.map((name) => proxyPrograms[name].program)) &&
    names.length === 0
  )
    return
  const proxies = await Promise.all(names.map((name) => startProxy(name, dev.facts.configFile)))
  t.after(() => Promise.all(proxies.map((proxy) => proxy.end())))
  const request = { what: '', as: 'device', path: '/v1/account', status: 503 } as const
  await dev.end()
  for (const proxy of proxies) {
    const answer = await askThrough(proxy, request)
    assert.equal(answer.status, 503, answer.text)
  }
})

type Seen = {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
}

async function askThrough(proxy: RealProxy, request: SharedCase): Promise<Seen> {
  const place = { ...placeOf(dev.facts, request.host ?? 'api.test'), port: proxy.port }
  const socket = await open(place, askers[request.as])
  try {
    return await send(socket, request)
  } finally {
    socket.destroy()
  }
}

/** One request in HTTP/1.1, and its answer up to the end of its content, as far as it tells that. */
function send(socket: TLSSocket, request: SharedCase): Promise<Seen> {
  const { method = 'GET', path, fields = [] } = request
  const host = request.asks ?? request.host ?? 'api.test'
  const isWhole = fields.includes('')
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...fields]
  socket.write(lines.join('\r\n') + (isWhole ? '' : '\r\n\r\n'))
  return new Promise((resolve, reject) => {
    let text = ''
    const finish = (): void => {
      socket.off('data', onData).off('close', finish)
      const seen = parse(text)
      if (seen === undefined) reject(new Error(`closed after ${JSON.stringify(text)}`))
      else resolve(seen)
    }
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      const seen = parse(text)
      if (seen === undefined) return
      const { 'content-length': length, 'transfer-encoding': coding } = seen.headers
      const content = text.slice(text.indexOf('\r\n\r\n') + 4)
      const isEnd =
        coding === 'chunked' ? content.endsWith('0\r\n\r\n') : content.length >= Number(length ?? 0)
      if (isEnd || seen.status === 101) finish()
    }
    socket.on('data', onData).on('close', finish)
  })
}

function parse(text: string): Seen | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]} | ${value}`
  }
  return { status: Number(first.split(' ')[1]), headers, text }
}

function isThere(name: (typeof askingProxies)[number]): boolean {
  return isInstalled(proxyPrograms[name].program)
}
