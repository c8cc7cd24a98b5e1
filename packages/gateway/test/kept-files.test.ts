import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { startGateway } from '../src/index.ts'
import { askOnce, eventually } from './support/client.ts'
import { type Bed, type BedOptions, readTestConfig, route, startBed } from './support/gateway.ts'

const listUrl = 'https://127.0.0.1:1/list'
const listFile = `address-lists/${createHash('sha256').update(listUrl).digest('hex').slice(0, 32)}.list`

/** A gateway that keeps a file of every kind. */
const everything = (service: string): BedOptions => ({
  gateway: {
    upstreams: { service: { targets: [service], assertion: { audience: 'service' } } },
    addresses: { lists: [{ name: 'listed', url: listUrl }] },
    acme: {
      ca: {
        directoryUrl: 'https://127.0.0.1:1/dir',
        challenge: 'http-01',
        http01Listen: '127.0.0.1:0',
      },
    },
  },
})

const rests: Readonly<Record<string, string>> = {
  nothing: '',
  half: '{"version":1,"since":17950464000',
  null: 'null',
  'a number': '7',
  'an empty object': '{}',
  'an empty list': '[]',
  'another version': '{"version":2}',
  'the right version, and nothing else': '{"version":1}',
  'members of other types':
    '{"version":1,"since":"x","current":7,"next":null,"certificate":3,"key":[],"failures":"many","directoryUrl":1,"url":{}}',
  bytes: '\u0000\u00ff\ufffd'.repeat(500),
}
const files = [
  'assertion-keys.json',
  'break-glass.json',
  'break-glass.status.json',
  'status.snapshot',
  'status.journal',
  listFile,
  'acme/ca/account.json',
  'acme/ca/acme.example.com.certificate.json',
  'assertion-keys.json.1.tmp',
  'status.snapshot.1.tmp',
]

async function startAgain(bed: Bed) {
  const log: string[] = []
  const at = (level: string) => (fields: unknown, message: string) =>
    void log.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const gateway = await startGateway(
    await readTestConfig(path.join(bed.directory, 'sallyport.yaml')),
    { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } },
  )
  return { gateway, log, port: Number(gateway.addresses.listen[0]?.split(':').at(-1)) }
}

test('whatever stands in the files that a gateway keeps, it starts, and serves', async (t) => {
  const bed = await startBed(t)
  await bed.gateway.close()
  const device = await bed.world.device()
  await bed.writeConfig(withAll(bed))
  const state = path.join(bed.directory, 'state')
  for (const [name, rest] of Object.entries(rests)) {
    await rm(state, { recursive: true, force: true })
    for (const file of files) {
      await mkdir(path.dirname(path.join(state, file)), { recursive: true })
      await writeFile(path.join(state, file), rest, { mode: 0o600 })
    }
    const started = performance.now()
    const { gateway, port, log } = await startAgain(bed)
    try {
      const { status } = await askOnce({ ...bed, port }, device)
      assert.equal(status, 200, `${name}: ${log.join('\n')}`)
      assert(performance.now() - started < 8_000, name)
      JSON.parse(await readFile(path.join(state, 'assertion-keys.json'), 'utf8'))
    } finally {
      await gateway.close()
    }
  }
})

/** With every kind of file in the state directory. */
function withAll(bed: Bed): BedOptions {
  const options = everything(bed.service.url)
  const certificate = { certificateFile: 'api.example.com.pem', keyFile: 'api.example.com.key' }
  const hosts = {
    'api.example.com': { clientCertificate: 'explain', certificate, routes: [route()] },
    'acme.example.com': {
      clientCertificate: 'off',
      certificate: { acme: 'ca' },
      routes: [route()],
    },
  }
  return { ...options, gateway: { ...options.gateway, hosts } }
}

function mount(t: TestContext, kilobytes: number): string | undefined {
  const at = mkdtempSync(path.join(tmpdir(), 'sallyport-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', at], {
      stdio: 'pipe',
    })
  } catch (error) {
    t.diagnostic(`no small file system can be mounted here: ${String(error).split('\n')[0]}`)
    if (process.env['CI'] !== undefined) throw error
    return undefined
  }
  t.after(() => execFileSync('umount', ['-l', at]))
  return at
}

test('a disk that is full under all that a gateway keeps stops no request, and is told', async (t) => {
  const disk = mount(t, 512)
  if (disk === undefined) return t.skip('no small file system can be mounted here')
  const bed = await startBed(t)
  const device = await bed.world.device()
  await bed.gateway.close()
  const options = withAll(bed)
  await bed.writeConfig({
    ...options,
    gateway: {
      ...options.gateway,
      stateDirectory: path.join(disk, 'state'),
      accessLog: { path: path.join(disk, 'access.log') },
    },
  })
  const first = await startAgain(bed)
  t.after(() => first.gateway.close())
  await writeFile(path.join(disk, 'fill'), Buffer.alloc(600_000)).catch(() => {})
  for (let round = 0; round < 50; round++) {
    assert.equal((await askOnce({ ...bed, port: first.port }, device)).status, 200)
  }
  bed.authority.change('device', device.deviceId, 'revoked')
  await eventually(async () => (await askOnce({ ...bed, port: first.port }, device)).status !== 200)
  await first.gateway.close()
  assert.match(first.log.join('\n'), /ENOSPC/)
})

test('a state directory that nothing can be written to stops a start only where keys must be kept', async (t) => {
  const disk = mount(t, 512)
  if (disk === undefined) return t.skip('no small file system can be mounted here')
  const bed = await startBed(t)
  const device = await bed.world.device()
  await bed.gateway.close()
  execFileSync('mount', ['-o', 'remount,ro', disk])
  const stateDirectory = path.join(disk, 'state')
  await bed.writeConfig({ gateway: { stateDirectory } })
  const started = await startAgain(bed)
  assert.equal((await askOnce({ ...bed, port: started.port }, device)).status, 200)
  await started.gateway.close()
  assert.match(started.log.join('\n'), /EROFS|ENOENT/)
  const options = withAll(bed)
  await bed.writeConfig({ ...options, gateway: { ...options.gateway, stateDirectory } })
  await assert.rejects(startAgain(bed), { code: 'start_failed', message: new RegExp(disk) })
})
