import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Finding } from '../../src/doctor/finding.ts'
import { newDeployment } from '../production-deployment.ts'
import { binary, sallyport } from '../sallyport.ts'

// What an authority says of itself, to doctor and to balancers: its roles run as processes of their own.

describe('an authority that runs', () => {
  let file: string
  let operations: string
  let signer: ChildProcess
  let authority: ChildProcess
  const running = new Set<ChildProcess>()
  const start = (role: string): ChildProcess => {
    const args = [binary, 'serve', '--role', role, '--config', file]
    const child = spawn(process.execPath, args, { stdio: 'ignore' })
    running.add(child)
    return child
  }
  const ready = () => fetch(`${operations}/health/ready`)
  const untilReadyIs = async (status: number): Promise<Response> => {
    for (let round = 0; ; round++) {
      const answer = await ready().catch(() => undefined)
      if (answer?.status === status) return answer
      assert.ok(round < 600, `it never said ${status}`)
      await pause(50)
    }
  }
  before(async () => {
    file = await newDeployment()
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace(/^authority:\n/m, 'authority:\n  unreadySeconds: 3\n'))
    operations = `http://${/operations:\s*\{ listen: ([^ }]+)|operations:\n\s*listen: (\S+)/.exec(text)?.slice(1).find(Boolean)}`
    signer = start('signer')
    authority = start('authority')
    await untilReadyIs(200)
  })
  after(() => {
    for (const child of running) child.kill('SIGKILL')
  })

  const findings = async (): Promise<Finding[]> => {
    const { stdout } = await sallyport(['doctor', '--json', '--config', file])
    const all = JSON.parse(stdout) as Finding[]
    return all.filter(
      ({ check, what }) => check === 'running authority' || what.endsWith("store's"),
    )
  }

  it('is ready, and its clock is that of the store', async () => {
    assert.deepEqual(
      (await findings()).map(({ verdict, what }) => [verdict, what]),
      [
        ['ok', '/health/ready'],
        ['ok', "the authority's against the store's"],
      ],
    )
  })

  it('serves what its files had until it is told: doctor says so', async () => {
    const args = ['certificates', 'renew', '--within', '400d', '--config', file]
    // Dates of certificates are whole seconds: the next one ends later.
    await pause(1_100)
    assert.equal((await sallyport(args)).code, 0)
    const stale = (await findings()).filter(({ verdict }) => verdict === 'warn')
    assert.deepEqual(
      stale.map(({ what }) => what),
      ['device listener', 'admin listener'],
    )
    authority.kill('SIGHUP')
    for (let round = 0; (await findings()).some(({ verdict }) => verdict === 'warn'); round++) {
      assert.ok(round < 20, 'SIGHUP changed nothing')
    }
  })

  it('says which key its signer lacks, until somebody brings it', async () => {
    const key = path.join(path.dirname(file), 'state/keys/device-ca-app-1.key.json')
    renameSync(key, `${key}.away`)
    // As on a machine where the CA was not made: the signer there never opened its key.
    signer.kill('SIGTERM')
    await once(signer, 'exit')
    signer = start('signer')
    await untilReadyIs(200)
    const reload = async () => {
      const reloaded = await sallyport(['reload', '--config', file])
      assert.equal(reloaded.code, 0, reloaded.stderr)
    }
    await reload()
    const lacking = (await findings()).filter(({ verdict }) => verdict === 'fail')
    assert.deepEqual(
      lacking.map(({ what }) => what),
      ['CA of app device'],
    )
    assert.match(lacking[0]?.found ?? '', /its key device-ca-app-1 is not here/)
    renameSync(`${key}.away`, key)
    await reload()
    assert.ok((await findings()).every(({ verdict }) => verdict === 'ok'))
  })

  it('says that its signer is away, and that it is back', async () => {
    signer.kill('SIGKILL')
    await once(signer, 'exit')
    assert.deepEqual(await (await untilReadyIs(503)).json(), {
      status: 'signer_unavailable',
      checks: { store: 'ok', signer: 'signer_unavailable' },
    })
    const [finding] = await findings()
    assert.deepEqual([finding?.verdict, finding?.found], ['fail', 'signer: signer_unavailable'])
    signer = start('signer')
    await untilReadyIs(200)
  })

  it('told to end, it is not ready first, and answers until its time is over', async () => {
    const begun = performance.now()
    const ended = once(authority, 'exit')
    authority.kill('SIGTERM')
    const answer = await untilReadyIs(503)
    assert.equal(((await answer.json()) as { status: string }).status, 'ending')
    assert.equal((await fetch(`${operations}/health/live`)).status, 200)
    assert.deepEqual(await ended, [0, null])
    assert.ok(performance.now() - begun >= 3_000)
  })
})
