import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import {
  type Development,
  endLeftOver,
  get,
  isAlive,
  newFolder,
  sallyport,
  startDev,
} from '../sallyport.ts'

after(endLeftOver)

/** The processes that a process started. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number)
}

describe('sallyport dev', () => {
  const directory = path.join(newFolder(), 'a folder')
  let dev: Development

  before(async () => {
    dev = await startDev(directory)
  })
  after(() => dev.end())

  test('prints one line of JSON, with these members in this order, and nothing else', () => {
    assert.equal(dev.stdout().trimEnd().split('\n').length, 1)
    const { facts } = dev
    assert.deepEqual(Object.keys(facts), [
      'gateway',
      'authority',
      'upstream',
      'samplePath',
      'caFile',
      'deviceCaFile',
      'configFile',
      'adminTokenFile',
      'device',
      'pid',
      'gatewayPid',
    ])
    assert.deepEqual(Object.keys(facts.device), ['id', 'certificateFile', 'keyFile'])
    assert.match(facts.gateway, /^https:\/\/localhost:\d+$/)
    assert.match(facts.authority, /^https:\/\/localhost:\d+$/)
    assert.match(facts.upstream, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.equal(facts.pid, dev.process.pid)
    assert.ok(childrenOf(facts.pid).includes(facts.gatewayPid))
  })

  test('says which insecure switches are on', () => {
    assert.match(dev.stderr(), /insecure: apps\.demo\.insecureDevelopmentDevices is on/)
    assert.match(dev.stderr(), /insecure: attestation\.insecureDevelopmentRoots is on/)
    assert.match(dev.stderr(), /insecure: gateway\.insecureDevelopmentDevices is on/)
  })

  test('refuses a caller without a certificate, and says why', async () => {
    const { facts } = dev
    const { status, body } = await get(facts, facts.gateway + facts.samplePath, false)
    assert.equal(status, 401)
    assert.equal(body['code'], 'device_certificate_required')
  })

  test('lets the device through to the service, which is told who it is', async () => {
    const { facts } = dev
    const { status, body } = await get(facts, facts.gateway + facts.samplePath, true)
    assert.equal(status, 200)
    const identity = body['identity'] as Record<string, string>
    assert.match(identity['sallyport-device'] ?? '', new RegExp(facts.device.id))
    assert.match(identity['client-cert'] ?? '', /^:[A-Za-z0-9+/=]+:$/)
  })

  test('gives files with which OpenSSL verifies both sides', () => {
    const { facts } = dev
    const verify = (ca: string, certificate: string): string =>
      execFileSync('openssl', ['verify', '-CAfile', ca, certificate], { encoding: 'utf8' })
    assert.match(verify(facts.deviceCaFile, facts.device.certificateFile), /: OK/)
    assert.match(verify(facts.caFile, path.join(directory, 'certificates', 'server.crt')), /: OK/)
  })

  test('keeps every secret for its owner alone', () => {
    const { facts } = dev
    const files = [
      facts.device.keyFile,
      facts.adminTokenFile,
      path.join(directory, 'state', 'passphrase'),
      path.join(directory, 'certificates', 'attestation-root.key'),
    ]
    for (const file of files) assert.equal(statSync(file).mode & 0o077, 0, file)
  })

  test('leaves neither passphrase nor CA key nor store within reach of the gateway', () => {
    const { gatewayPid } = dev.facts
    const passphrase = readFileSync(path.join(directory, 'state', 'passphrase'), 'utf8').trim()
    const environment = readFileSync(`/proc/${gatewayPid}/environ`, 'utf8')
    const maps = readFileSync(`/proc/${gatewayPid}/maps`, 'utf8')
    const open = readdirSync(`/proc/${gatewayPid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${gatewayPid}/fd/${fd}`)
      } catch {
        return ''
      }
    })
    const reachable = [environment, maps, ...open].join('\n')
    for (const secret of ['SALLYPORT_PASSPHRASE', passphrase, 'sallyport.db', 'state/keys']) {
      assert.ok(!reachable.includes(secret), `${secret} is within reach`)
    }
  })

  test('refuses a second start in the same folder', async () => {
    const { code, stdout, stderr } = await sallyport(['dev', '--dir', directory])
    assert.equal(code, 3)
    assert.equal(stdout, '')
    assert.match(stderr, /runs in this folder already/)
  })

  test('starts a gateway again that was killed, and it serves', async () => {
    const { facts } = dev
    process.kill(facts.gatewayPid, 'SIGKILL')
    const deadline = Date.now() + 60_000
    for (;;) {
      try {
        const { status } = await get(facts, facts.gateway + facts.samplePath, true)
        assert.equal(status, 200)
        break
      } catch (error) {
        if (Date.now() > deadline) throw error
        await sleep(100)
      }
    }
    assert.match(dev.stderr(), /gateway: ended with signal SIGKILL/)
  })
})

test('a second start goes on with device and addresses, and with what was edited', async () => {
  const directory = newFolder()
  const first = await startDev(directory)
  const pids = childrenOf(first.facts.pid)
  // Service, signer, authority, gateway and phone.
  assert.equal(pids.length, 5)
  assert.equal(await first.end('SIGINT'), 0)
  assert.deepEqual(pids.filter(isAlive), [])
  const { configFile } = first.facts
  const edited = `${readFileSync(configFile, 'utf8')}\n# mine\n`
  writeFileSync(configFile, edited)
  const certificate = readFileSync(first.facts.device.certificateFile, 'utf8')

  const second = await startDev(directory)
  assert.deepEqual(
    { ...second.facts, pid: 0, gatewayPid: 0 },
    { ...first.facts, pid: 0, gatewayPid: 0 },
  )
  assert.equal(readFileSync(second.facts.device.certificateFile, 'utf8'), certificate)
  assert.equal(readFileSync(configFile, 'utf8'), edited)
  assert.equal(await second.end(), 0)
})

test('a device that was revoked in an earlier life comes back as another one', async () => {
  const directory = newFolder()
  const first = await startDev(directory)
  const { configFile, device } = first.facts
  const { code } = await sallyport([
    'devices',
    'revoke',
    device.id,
    '--yes',
    '--config',
    configFile,
  ])
  assert.equal(code, 0)
  await first.end()
  const second = await startDev(directory)
  assert.notEqual(second.facts.device.id, device.id)
  const { facts } = second
  assert.equal((await get(facts, facts.gateway + facts.samplePath, true)).status, 200)
  const [leaf] = certificatesFromPem(readFileSync(facts.device.certificateFile, 'utf8'))
  assert.ok(leaf?.uris[0]?.endsWith(facts.device.id))
  await second.end()
})

test('a folder of an earlier version goes on with the device that it has, and one edited since has a phone', async () => {
  const directory = newFolder()
  const first = await startDev(directory)
  const { configFile } = first.facts
  await first.end()
  const text = readFileSync(configFile, 'utf8')
  const earlier = text
    .replace(/^    android:\n.*\n.*\n/m, '')
    .replace(/^attestation:\n(?:  .*\n)+/m, '')
    .replace('[android-key, development]', '[development]')
  writeFileSync(configFile, earlier)
  rmSync(path.join(directory, 'device'), { recursive: true })
  rmSync(path.join(directory, 'certificates', 'attestation-root.crt'))

  const second = await startDev(directory)
  assert.match(second.stderr(), /takes no attested phone, as those of earlier versions/)
  const { facts } = second
  assert.equal((await get(facts, facts.gateway + facts.samplePath, true)).status, 200)
  await second.end()

  writeFileSync(configFile, text)
  const third = await startDev(directory)
  assert.equal(third.facts.device.id, facts.device.id)
  const url = third.facts.gateway + third.facts.samplePath
  assert.equal((await get(third.facts, url, true)).status, 200)
  await third.end()
})

test('a start that was interrupted is begun anew', async () => {
  const directory = newFolder()
  const child = startDev(directory)
  child.catch(() => {})
  const mark = path.join(directory, 'state', 'unfinished')
  const store = path.join(directory, 'state', 'sallyport.db')
  while (!statSync(store, { throwIfNoEntry: false })) await sleep(5)
  assert.ok(statSync(mark).isFile())
  const pid = JSON.parse(readFileSync(path.join(directory, 'dev.pid'), 'utf8')) as { pid: number }
  process.kill(pid.pid, 'SIGKILL')
  await assert.rejects(child)
  const again = await startDev(directory)
  assert.equal(statSync(mark, { throwIfNoEntry: false }), undefined)
  assert.equal(await again.end(), 0)
})

test('a port that is taken is refused with the reason, and nothing is left running', async () => {
  const directory = newFolder()
  const first = await startDev(directory)
  const port = new URL(first.facts.gateway).port
  const { code, stderr } = await sallyport(['dev', '--dir', newFolder(), '--port', port])
  assert.equal(code, 3)
  assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port} is taken`))
  await first.end()
})

test('without --port a gateway beside another one takes a free port', async () => {
  const [first, second] = await Promise.all([startDev(newFolder(), []), startDev(newFolder(), [])])
  assert.notEqual(first.facts.gateway, second.facts.gateway)
  await Promise.all([first.end(), second.end()])
})

test('when dev itself is killed outright, its children end, and the next start goes on', async () => {
  const directory = newFolder()
  const dev = await startDev(directory)
  const pids = childrenOf(dev.facts.pid)
  await dev.end('SIGKILL')
  const next = await startDev(directory)
  const deadline = Date.now() + 60_000
  while (pids.some(isAlive) && Date.now() < deadline) await sleep(50)
  assert.deepEqual(pids.filter(isAlive), [])
  assert.equal(next.facts.gateway, dev.facts.gateway)
  assert.equal(next.facts.device.id, dev.facts.device.id)
  await next.end()
})

test('an enrolment that needs approval waits for it, and goes on by itself', async () => {
  const directory = newFolder()
  const first = await startDev(directory)
  const { configFile } = first.facts
  await first.end()
  const text = readFileSync(configFile, 'utf8')
  writeFileSync(configFile, text.replace('development] }', 'development], approval: required }'))
  rmSync(path.join(directory, 'device'), { recursive: true })

  const waiting = startDev(directory)
  let approvals: { id: string; appId: string }[] = []
  const deadline = Date.now() + 60_000
  while (approvals.length === 0 && Date.now() < deadline) {
    await sleep(200)
    const { stdout, code } = await sallyport(['approve', '--json', '--config', configFile])
    if (code === 0) approvals = JSON.parse(stdout) as typeof approvals
  }
  assert.equal(approvals[0]?.appId, 'demo')
  const approved = await sallyport(['approve', approvals[0]?.id ?? '', '--config', configFile])
  assert.equal(approved.code, 0, approved.stderr)
  const { facts, end } = await waiting
  assert.equal((await get(facts, facts.gateway + facts.samplePath, true)).status, 200)
  const again = await sallyport([
    'approve',
    approvals[0]?.id ?? '',
    '--deny',
    '--config',
    configFile,
  ])
  assert.equal(again.code, 1)
  await end()
})
