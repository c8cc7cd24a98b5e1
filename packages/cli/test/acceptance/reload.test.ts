import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseCertificate } from '@sallyport/pki'
import { type Development, endLeftOver, sallyport } from '../sallyport.ts'
import { open, placeOf } from './connection.ts'
import { editFile, hostLike, ownIdentity, startEdited } from './edited-development.ts'
import { startLoad } from './load.ts'
import { makeServerIdentity } from './service-root.ts'
import { startService } from './service.ts'

after(endLeftOver)

const reloads = 20
let dev: Development
let service: Awaited<ReturnType<typeof startService>>

before(async () => {
  service = await startService()
  dev = await startEdited(({ gateway }) => {
    gateway.upstreams['sample'] = { targets: [service.url] }
  })
})
after(async () => {
  await dev.end()
  await service.close()
})

const reload = () => sallyport(['reload', '--config', dev.facts.configFile])

test(`${reloads} reloads under load lose no request, and no kept-alive connection`, async (t) => {
  const place = placeOf(dev.facts)
  const load = await startLoad(place, ownIdentity(dev), { connections: 6, pauseMs: 1 })
  const fresh = newConnections(dev)
  for (let round = 0; round < reloads; round++) {
    editFile(dev.facts.configFile, (config) => {
      const { hosts } = config.gateway
      const [route] = hosts['localhost']?.routes ?? []
      assert.ok(route)
      route.sensitive = round % 2 === 0
      hosts['more.test'] = hostLike(config, round % 2 === 0 ? 'require' : 'optional')
    })
    const { code, stderr } = await reload()
    assert.equal(code, 0, stderr)
  }
  assert.deepEqual(await load.end(), [])
  const opened = await fresh.end()
  t.diagnostic(`${load.answered()} requests on 6 connections, and ${opened} new connections`)
})

test('a broken configuration is refused with file, line and column under load, and the old one goes on', async () => {
  const { configFile } = dev.facts
  const good = readFileSync(configFile, 'utf8')
  const load = await startLoad(placeOf(dev.facts), ownIdentity(dev))
  const broken: readonly [text: string, fault: RegExp][] = [
    [good.replace('upstream: sample', 'upstream: smaple'), /smaple/],
    [good.replace('clientCertificate: explain', 'clientCertificate: explian'), /explian/],
    [good.replace('workers: 2', 'wrokers: 2'), /wrokers/],
    [`${good}\n  : [`, /: \[/],
  ]
  try {
    for (const [text, fault] of broken) {
      writeFileSync(configFile, text)
      const { code, stderr } = await reload()
      assert.notEqual(code, 0, stderr)
      const line = Number(/sallyport\.yaml:(\d+):\d+: /.exec(stderr)?.[1])
      assert.match(text.split('\n')[line - 1] ?? '', fault, stderr)
      // As an operator may send it, past the command.
      process.kill(dev.facts.gatewayPid, 'SIGHUP')
    }
  } finally {
    writeFileSync(configFile, good)
  }
  assert.deepEqual(await load.end(), [])
  assert.equal((await reload()).code, 0)
})

test('a mounted certificate that is swapped is taken over by itself, and no request is lost', async () => {
  const { facts, directory } = dev
  const mount = path.join(directory, 'mount')
  // As Kubernetes mounts a secret: files are links into ..data, and ..data is a link that is renamed over.
  const put = async (version: string): Promise<string> => {
    const folder = path.join(mount, `..${version}`)
    mkdirSync(folder, { recursive: true })
    const { certificate, cert, key } = await makeServerIdentity(dev, ['localhost'])
    writeFileSync(path.join(folder, 'tls.crt'), cert)
    writeFileSync(path.join(folder, 'tls.key'), key, { mode: 0o600 })
    symlinkSync(`..${version}`, path.join(mount, '..new'))
    renameSync(path.join(mount, '..new'), path.join(mount, '..data'))
    return certificate.serial
  }
  const first = await put('first')
  for (const name of ['tls.crt', 'tls.key']) {
    symlinkSync(path.join('..data', name), path.join(mount, name))
  }
  editFile(facts.configFile, ({ gateway }) => {
    const host = gateway.hosts['localhost']
    assert.ok(host)
    host.certificate = { certificateFile: 'mount/tls.crt', keyFile: 'mount/tls.key' }
  })
  assert.equal((await reload()).code, 0)
  assert.equal(await serialShown(dev), first)
  const load = await startLoad(placeOf(facts), ownIdentity(dev))
  const second = await put('second')
  const deadline = performance.now() + 60_000
  while ((await serialShown(dev)) !== second) {
    assert.ok(performance.now() < deadline, 'the new certificate is shown')
    await sleep(50)
  }
  assert.deepEqual(await load.end(), [])
})

test('what the next start alone takes is named, by each reload until then', async () => {
  const { configFile } = dev.facts
  const good = readFileSync(configFile, 'utf8')
  try {
    editFile(configFile, ({ gateway }) => {
      gateway.workers = 3
    })
    for (const _round of [1, 2]) {
      const { code, stderr } = await reload()
      assert.equal(code, 0, stderr)
      assert.match(stderr, /All but gateway\.workers: start the gateway anew for that/)
    }
  } finally {
    writeFileSync(configFile, good)
  }
  assert.doesNotMatch((await reload()).stderr, /All but/)
})

/** One connection after the other, each with one request. */
function newConnections({ facts }: Development): { end(): Promise<number> } {
  const state = { isOver: false }
  const work = (async () => {
    let opened = 0
    while (!state.isOver) {
      const place = placeOf(facts)
      const load = await startLoad(place, ownIdentity(dev), { connections: 1, pauseMs: 0 })
      assert.deepEqual(await load.end(), [])
      opened++
    }
    return opened
  })()
  return {
    end: () => {
      state.isOver = true
      return work
    },
  }
}

async function serialShown({ facts }: Development): Promise<string> {
  const socket = await open(placeOf(facts))
  const { raw } = socket.getPeerCertificate()
  socket.destroy()
  return parseCertificate(raw).serial
}
