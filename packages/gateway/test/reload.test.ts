import assert from 'node:assert/strict'
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem } from '@sallyport/problem'
import { ask, askOnce, closed, connect, eventually } from './support/client.ts'
import { type BedOptions, route, startBed } from './support/gateway.ts'

const host = 'api.example.com'
const plain = (members: Record<string, unknown> = {}): BedOptions => ({
  hosts: { [host]: { clientCertificate: 'off', routes: [route(members)] } },
})

test('twenty reloads under load lose no request', async (t) => {
  const bed = await startBed(t, { ...plain(), gateway: { workers: 2 } })
  const device = await bed.world.device()
  const load = { isOver: false }
  let answered = 0
  const keptAlive = async () => {
    const socket = await connect(bed)
    while (!load.isOver) {
      assert.equal((await ask(socket, '/x')).status, 200)
      answered++
    }
    socket.destroy()
  }
  const fresh = async () => {
    while (!load.isOver) {
      assert.equal((await askOnce(bed, device)).status, 200)
      answered++
    }
  }
  const clients = Promise.all([
    ...Array.from({ length: 6 }, keptAlive),
    ...Array.from({ length: 2 }, fresh),
  ])
  for (let round = 0; round < 20; round++) {
    const certificateMode = round % 2 === 0 ? 'explain' : 'optional'
    const hosts = {
      [host]: { clientCertificate: 'off', routes: [route({ sensitive: round % 2 === 0 })] },
      'more.example.com': { clientCertificate: certificateMode },
    }
    const before = answered
    await bed.writeConfig({ hosts })
    await bed.gateway.reload()
    await eventually(() => answered > before + 8)
  }
  load.isOver = true
  await clients
  t.diagnostic(`${answered} requests were answered meanwhile`)
})

test('a broken configuration is refused with its place, and the old one goes on', async (t) => {
  const bed = await startBed(t, plain())
  const socket = await connect(bed)
  await bed.writeConfig(plain({ upstream: 'nowhere' }))
  await assert.rejects(bed.gateway.reload(), (error) => {
    assert(isProblem(error))
    assert.equal(error.code, 'config_invalid')
    assert.match(error.message, /sallyport\.yaml:\d+:\d+: there is no such upstream/)
    return true
  })
  assert.equal((await ask(socket)).status, 200)
  // Longer than it takes the watch to see the file: it does not try again what was just refused.
  await sleep(500)
  assert.match(await metricsOf(bed.operations), /^sallyport_reload_failed 1$/m)
  await bed.writeConfig(plain())
  await bed.gateway.reload()
  assert.match(await metricsOf(bed.operations), /^sallyport_reload_failed 0$/m)
  assert.match(await metricsOf(bed.operations), /^sallyport_reloads_total\{outcome="failed"\} 1$/m)
  socket.destroy()
})

test('a file that cannot be used is refused, and with it the whole configuration', async (t) => {
  const bed = await startBed(t, plain())
  const upstreams = { service: { targets: [bed.service.url], caFile: 'garbage.pem' } }
  await writeFile(path.join(bed.directory, 'garbage.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n')
  await bed.writeConfig({ ...plain({ match: { path: '/new' } }), gateway: { upstreams } })
  await assert.rejects(
    bed.gateway.reload(),
    /sallyport\.yaml:\d+:\d+: the file holds no certificate/,
  )
  assert.equal((await askOnce(bed, undefined, '/old')).status, 200)
})

test('open connections go on, and their requests are decided by the new routes', async (t) => {
  const bed = await startBed(t, plain())
  const socket = await connect(bed)
  assert.equal((await ask(socket, '/old')).status, 200)
  await bed.writeConfig(plain({ match: { path: '/new' } }))
  await bed.gateway.reload()
  assert.equal((await ask(socket, '/old')).json()['code'], 'route_not_found')
  assert.equal((await ask(socket, '/new')).status, 200)
  await bed.writeConfig({ hosts: { [host]: { clientCertificate: 'explain' } } })
  await bed.gateway.reload()
  assert.equal((await ask(socket, '/new')).json()['code'], 'device_certificate_required')
  socket.destroy()
})

test('connections to a host that is no more end, and its name is unknown', async (t) => {
  const bed = await startBed(t, {
    hosts: {
      [host]: { clientCertificate: 'off' },
      'old.example.com': { clientCertificate: 'off' },
    },
  })
  const socket = await connect(bed, undefined, { host: 'old.example.com' })
  await ask(socket, '/', { host: 'old.example.com' })
  await bed.writeConfig(plain())
  await bed.gateway.reload()
  await closed(socket)
  await assert.rejects(connect(bed, undefined, { host: 'old.example.com' }), /unrecognized name/)
})

test('a certificate that is swapped by its symbolic link is taken over by itself', async (t) => {
  const bed = await startBed(t, plain())
  // As Kubernetes mounts a secret: files are links into ..data, and ..data is a link that is renamed over.
  const mount = path.join(bed.directory, 'mount')
  const put = async (version: string, identity: { cert: string; key: string }) => {
    await mkdir(path.join(mount, version), { recursive: true })
    await writeFile(path.join(mount, version, 'tls.crt'), identity.cert)
    await writeFile(path.join(mount, version, 'tls.key'), identity.key)
    await symlink(version, path.join(mount, '..data.new'))
    await rename(path.join(mount, '..data.new'), path.join(mount, '..data'))
  }
  await put('v1', await bed.world.server(host))
  for (const [name, base] of [
    [`${host}.pem`, 'tls.crt'],
    [`${host}.key`, 'tls.key'],
  ] as const) {
    await symlink(path.join('..data', base), path.join(mount, base))
    await rm(path.join(bed.directory, name))
    await symlink(path.join('mount', base), path.join(bed.directory, name))
  }
  await bed.gateway.reload()
  const socket = await connect(bed)
  const serial = async () => {
    const fresh = await connect(bed)
    const { serialNumber } = fresh.getPeerCertificate()
    fresh.destroy()
    return serialNumber
  }
  const before = await serial()
  await put('v2', await bed.world.server(host))
  await eventually(async () => (await serial()) !== before, 10_000)
  assert.equal((await ask(socket)).status, 200, 'an open connection goes on')
  socket.destroy()
})

test('what a reload cannot change is said', async (t) => {
  const bed = await startBed(t, plain())
  await bed.writeConfig({ ...plain(), gateway: { workers: 2, listen: ['127.0.0.1:1'] } })
  await bed.gateway.reload()
  const warning = bed.log.find(({ message }) => message.includes('next start'))
  assert.deepEqual(warning?.fields['settings'], ['gateway.listen', 'gateway.workers'])
  assert.equal((await askOnce(bed)).status, 200)
})

test('the access log is opened again by its name', async (t) => {
  const bed = await startBed(t, plain())
  await askOnce(bed, undefined, '/first')
  await eventually(async () => (await readFile(bed.accessLog, 'utf8')).includes('/first'))
  await rename(bed.accessLog, `${bed.accessLog}.1`)
  await bed.gateway.reload()
  await askOnce(bed, undefined, '/second')
  await eventually(async () =>
    (await readFile(bed.accessLog, 'utf8').catch(() => '')).includes('/second'),
  )
  assert.doesNotMatch(await readFile(`${bed.accessLog}.1`, 'utf8'), /second/)
})

async function metricsOf(operations: string): Promise<string> {
  return (await fetch(`${operations}/metrics`)).text()
}
