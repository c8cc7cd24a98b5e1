import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { newDeployment } from './production-deployment.ts'
import { binary, newFolder, sallyport } from './sallyport.ts'

const running = new Set<ChildProcess>()
after(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** Runs serve until it says this; what it said, how it ended, and how to signal it. */
function serve(args: readonly string[], words: RegExp, env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [binary, 'serve', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  running.add(child)
  let said = ''
  const ended = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => {
      running.delete(child)
      resolve(code)
    })
  })
  const heard = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk
      if (words.test(said)) resolve()
    })
    child.on('exit', () => reject(new Error(said)))
  })
  return { child, ended, heard, said: () => said }
}

/** The fingerprint of the certificate that a listener shows. */
async function shownAt(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

describe('sallyport serve', () => {
  test('runs all roles, and ends them in order on SIGTERM', async () => {
    const file = await newDeployment()
    const { child, heard, ended, said } = serve(['--config', file], /gateway: ready/)
    await heard
    const listed = await sallyport(['gateways', 'list', '--config', file])
    assert.match(listed.stdout, /gateway-1/)
    child.kill('SIGTERM')
    assert.equal(await ended, 0)
    const ends = ['gateway', 'authority', 'signer'].map((role) => said().indexOf(`${role}: ending`))
    assert.deepEqual(
      ends,
      ends.toSorted((one, other) => one - other),
    )
    assert.ok(!ends.includes(-1), said())
  })

  test('SIGHUP has the authority show a renewed certificate, and refuse a broken file', async () => {
    const file = await newDeployment()
    const { child, heard, ended } = serve(['--config', file], /gateway: ready/)
    await heard
    const port = Number(/listen: 127\.0\.0\.1:(\d+)/.exec(readFileSync(file, 'utf8'))?.[1])
    const before = await shownAt(port)
    const renewed = await sallyport(['certificates', 'renew', '--within', '400d', '--config', file])
    assert.equal(renewed.code, 0, renewed.stderr)
    assert.equal(await shownAt(port), before)
    child.kill('SIGHUP')
    const deadline = Date.now() + 60_000
    while ((await shownAt(port)) === before && Date.now() < deadline) await sleep(50)
    const after = await shownAt(port)
    assert.notEqual(after, before)

    writeFileSync(file, 'version: 1\nnothing: else\n')
    child.kill('SIGHUP')
    await sleep(500)
    assert.equal(await shownAt(port), after)
    child.kill('SIGTERM')
    assert.equal(await ended, 0)
  })

  test('reports the reason of a role that cannot start, and ends with 3', async () => {
    const file = await newDeployment()
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('upstream: api', 'upstream: ipa'))
    const { code, stderr } = await sallyport(['serve', '--config', file])
    assert.equal(code, 3)
    assert.match(stderr, /config_invalid/)
    assert.match(stderr, /gateway: .*sallyport\.yaml:\d+:\d+: /)
  })

  test('a wrong passphrase is told as such', async () => {
    const file = await newDeployment()
    const env = { SALLYPORT_PASSPHRASE: 'not this one, surely' }
    const { code, stderr } = await sallyport(['serve', '--config', file], { env })
    assert.equal(code, 3)
    assert.match(stderr, /key_passphrase_wrong/)
  })

  test('a gateway alone refuses an environment that holds the passphrase', async () => {
    const file = await newDeployment()
    const env = { SALLYPORT_PASSPHRASE: 'whatever it may be' }
    const { code, stderr } = await sallyport(['serve', '--role', 'gateway', '--config', file], {
      env,
    })
    assert.equal(code, 3)
    assert.match(stderr, /passphrase_exposed/)
  })

  test('one role runs alone, in the foreground', async () => {
    const file = await newDeployment()
    const run = (role: string) => serve(['--role', role, '--config', file], / is ready"/)
    const [signer, authority] = [run('signer'), run('authority')]
    await Promise.all([signer.heard, authority.heard])
    assert.equal((await sallyport(['devices', 'list', '--config', file])).code, 0)
    const reloaded = await sallyport(['reload', '--config', file])
    assert.equal(reloaded.code, 0, reloaded.stderr)
    assert.match(reloaded.stdout, /taken over by: signer, authority$/m)
    assert.match(reloaded.stderr, /Not running here: gateway/)
    for (const { child, ended } of [authority, signer]) {
      child.kill('SIGINT')
      assert.equal(await ended, 0)
    }
  })

  test('an authority without a signer waits, and where none comes says so', async () => {
    const file = await newDeployment()
    const { code, stderr } = await sallyport(['serve', '--role', 'authority', '--config', file])
    assert.equal(code, 3)
    assert.match(stderr, /signer_unavailable/)
  })

  test('an authority refuses an environment that holds the passphrase', async () => {
    const file = await newDeployment()
    const env = { SALLYPORT_PASSPHRASE: 'whatever it may be' }
    const args = ['serve', '--role', 'authority', '--config', file]
    const { code, stderr } = await sallyport(args, { env })
    assert.equal(code, 3)
    assert.match(stderr, /passphrase_exposed/)
  })

  test('insecureSingleProcess runs without a signer, and is printed', async () => {
    const file = await newDeployment()
    const text = readFileSync(file, 'utf8')
    writeFileSync(
      file,
      text.replace('authority:\n  keys:', 'authority:\n  insecureSingleProcess: true\n  keys:'),
    )
    const { child, heard, ended, said } = serve(['--config', file], /gateway: ready/)
    await heard
    assert.match(said(), /insecure: authority\.insecureSingleProcess is on/)
    assert.doesNotMatch(said(), /signer: ready/)
    child.kill('SIGTERM')
    assert.equal(await ended, 0)
  })

  test('a signer that is killed is started again, and the authority goes on with it', async () => {
    const file = await newDeployment()
    const text = readFileSync(file, 'utf8')
    const appId = /^apps:\n {2}"?([a-z0-9-]+)"?:/m.exec(text)?.[1] ?? ''
    const alone = 'authority:\n  admin: { insecureSinglePerson: true }\n  keys:'
    writeFileSync(file, text.replace('authority:\n  keys:', alone))
    const { child, heard, ended, said } = serve(['--config', file], /gateway: ready/)
    await heard
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    const signer = children
      .trim()
      .split(' ')
      .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0signer\0'))
    process.kill(Number(signer), 'SIGKILL')
    const rotate = () => sallyport(['ca', 'rotate', appId, '--config', file])
    const first = await rotate()
    assert.ok(first.code === 0 || first.stderr.includes('signer_unavailable'), first.stderr)
    const deadline = Date.now() + 30_000
    let last = first
    while (last.code !== 0 && Date.now() < deadline) last = await rotate()
    assert.equal(last.code, 0, last.stderr)
    assert.match(said(), /signer: ended with signal SIGKILL; starting it again/)
    child.kill('SIGTERM')
    assert.equal(await ended, 0)
  })

  test('a file that describes no role is refused', async () => {
    const file = path.join(newFolder(), 'sallyport.yaml')
    writeFileSync(file, 'version: 1\ntrustDomain: example.com\n')
    const { code, stderr } = await sallyport(['serve', '--config', file])
    assert.equal(code, 3)
    assert.match(stderr, /describes no role/)
  })
})
